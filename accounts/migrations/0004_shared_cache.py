from django.db import migrations

# The table of Django's database cache, as `createcachetable` would make it. Attempts to sign in are counted in it, so
# it must be there before the first request, in every installation.
MAKE = """
CREATE TABLE IF NOT EXISTS shared_cache (
    cache_key varchar(255) NOT NULL PRIMARY KEY,
    value text NOT NULL,
    expires timestamp with time zone NOT NULL
);
CREATE INDEX IF NOT EXISTS shared_cache_expires ON shared_cache (expires);
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_first_terms")]

    operations = [migrations.RunSQL(MAKE, "DROP TABLE IF EXISTS shared_cache")]
