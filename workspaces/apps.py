from django.apps import AppConfig
from django.core.checks import register as register_check


class WorkspacesConfig(AppConfig):
    name = "workspaces"
    verbose_name = "Workspaces"

    def ready(self) -> None:
        from accounts.documents import register_vault
        from ledger_bridge import conditions, fsck, names
        from workspaces import binding, checks, selectors
        from workspaces.acknowledging import notices as acknowledgement_notices
        from workspaces.conversation import notices
        from workspaces.conversation.binding import check_comments
        from workspaces.documents import SealingVault
        from workspaces.escrow.binding import condition as escrow_condition
        from workspaces.handover.binding import check_keys
        from workspaces.integrity.scrubbing import condition
        from workspaces.organising import notices as lock_notices
        from workspaces.organising.undoing import register_tags
        from workspaces.outsiders import names_of_outsiders, outsiders_called
        from workspaces.removal import notices as removal_notices
        from workspaces.terms import notices as terms_notices
        from workspaces.undoing.items import register_items

        for check in (checks.check_upload_handlers, checks.check_directories, checks.check_modes):
            register_check(check)
        register_check(checks.check_bucket, deploy=True)
        register_check(checks.check_scanner, deploy=True)
        names.register(
            "workspace",
            selectors.workspace_names,
            search=selectors.workspaces_called,
            shown_to=selectors.workspace_names_shown_to,
        )
        names.register(
            "item", selectors.item_names, search=selectors.items_called, shown_to=selectors.item_names_shown_to
        )
        names.register_more("person", names_of_outsiders, search=outsiders_called)
        fsck.register("Crypt4GH keys and hand-overs: each row against its entry", check_keys)
        fsck.register("versions: each row against its entry, each blob by its size", binding.check_versions)
        fsck.register("comments: each text against the entry that commits to it", check_comments)
        conditions.register(condition)
        conditions.register(escrow_condition)
        self._know_kinds()
        register_items()
        register_tags()
        notices.register()
        acknowledgement_notices.register()
        removal_notices.register()
        terms_notices.register()
        lock_notices.register()
        register_vault(SealingVault())

    def _know_kinds(self) -> None:
        """Know every kind of event: only some processes record it, but all of them show what was recorded."""
        from workspaces.acknowledging import events as acknowledgement_events
        from workspaces.activity import events as activity_events
        from workspaces.participants import events as participant_events
        from workspaces.scanning import events as scanning_events
        from workspaces.terms import events as terms_events
        from workspaces.viewer import events as viewer_events

        assert scanning_events.VersionSentToScanner.kind  # noqa: S101  imported for the kinds of events alone
        assert acknowledgement_events.AcknowledgementGiven.kind  # noqa: S101  as above
        assert terms_events.TermsSet.kind  # noqa: S101  as above
        assert viewer_events.VersionViewed.kind  # noqa: S101  as above
        assert participant_events.ItemMarkedAbout.kind  # noqa: S101  as above
        assert activity_events.ActivityViewed.kind  # noqa: S101  as above
