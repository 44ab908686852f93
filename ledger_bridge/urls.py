"""Pages under /audit/, the public log under /ledger/."""

from django.urls import path

from ledger_bridge.erasure import views as erasures
from ledger_bridge.views import exports, log, receipts, tags, trails

app_name = "ledger"

urlpatterns = [
    path("audit/", trails.trail, name="trail"),
    path("audit/mine/", trails.my_trail, name="my_trail"),
    path("audit/export/", exports.export, name="export"),
    path("audit/erasures/", erasures.erasures, name="erasures"),
    path("audit/erasures/new/", erasures.new_erasure, name="new_erasure"),
    path("audit/erasures/<uuid:erasure_id>/", erasures.confirm_erasure, name="confirm_erasure"),
    path("audit/erasures/<uuid:erasure_id>/withdraw/", erasures.withdraw_erasure, name="withdraw_erasure"),
    path("audit/holds/new/", erasures.new_hold, name="new_hold"),
    path("audit/holds/<uuid:hold_id>/lift/", erasures.lift_hold, name="lift_hold"),
    path("audit/receipt/<uuid:entry_id>/", receipts.receipt, name="receipt"),
    path("audit/entry/<uuid:entry_id>/", receipts.receipt, name="entry"),
    path("audit/receipt/<uuid:entry_id>/file/", receipts.receipt_file, name="receipt_file"),
    path("audit/receipt/<uuid:entry_id>/badge/", receipts.badge, name="badge"),
    path("ledger/checkpoint", log.checkpoint, name="checkpoint"),
    path("ledger/checkpoint/pending", log.pending, name="pending"),
    path("ledger/cosignatures", log.cosignatures, name="cosignatures"),
    path("ledger/vkey", log.vkey, name="vkey"),
    path("ledger/policy", log.policy, name="policy"),
    path("ledger/tile/<path:rest>", log.tile, name="tile"),
    path("ledger/tags", tags.tag_files, name="tag_files"),
    path("ledger/tags/<str:span>", tags.tag_file, name="tag_file"),
    path("ledger/consistency/<str:sizes>", tags.consistency, name="consistency"),
    path("ledger/retired/<str:log>/<path:rest>", log.retired, name="retired"),
]
