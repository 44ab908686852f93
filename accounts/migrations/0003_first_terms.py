"""The terms that every contributor agrees to when they apply."""

from datetime import UTC, datetime

from django.db import migrations

TEXT = """\
1. What this is for. Ithaca keeps and shares data from medical histories and clinical trials of children with rare diseases. You may use it only to care for these patients, to search for a diagnosis, or for research that the responsible ethics committee has approved.

2. Your account. It is yours alone. You sign in with a password or passkey and a second factor, and you share neither. Tell a commission admin at once when you lose a factor, leave your institution, or suspect that somebody else has used your account.

3. What you may put in. Only data that you are allowed to share under the law of your country and under the consent that the family gave. Names, addresses and numbers of patients do not belong in titles, descriptions or file names.

4. What you may do with it. You open only what you need for the purpose you state. You do not try to find out who a patient is. What you download stays under your care, on devices of your institution, and is deleted when the purpose is fulfilled.

5. What is recorded. Every access and every change is written into a tamper-evident ledger, with your name, the time and the purpose. It cannot be taken back. Auditors and the owners of a workspace see these entries; outsiders can check that none was removed, without seeing what they say.

6. How long. An approval lasts one year and can be renewed. A commission admin can suspend it at any moment, with a reason that you will be told. When it ends your access ends with it; the entries about what you did remain.

7. Changes. A new version of these terms is shown to you before it takes effect.
"""


def add_first_terms(apps, schema_editor):
    apps.get_model("accounts", "TermsVersion").objects.get_or_create(
        version="1", defaults={"text": TEXT, "effective_at": datetime(2026, 1, 1, tzinfo=UTC)}
    )


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_applications")]
    operations = [migrations.RunPython(add_first_terms, migrations.RunPython.noop)]
