from django.apps import AppConfig


class SharingConfig(AppConfig):
    name = "sharing"
    verbose_name = "Sharing"

    def ready(self) -> None:
        from ledger_bridge.access import register_entry_policy
        from sharing import end_notices, notices
        from sharing.conditions import events as condition_events
        from sharing.links import events as link_events
        from sharing.links import inbox as link_inbox
        from sharing.links.delivering import register_delivery
        from sharing.policies import may_see_trail_of, with_visible_trail
        from sharing.requests import events
        from sharing.requests import notices as request_notices
        from sharing.reviews import events as review_events
        from sharing.reviews import notices as review_notices
        from sharing.undoing import register_access

        register_access()
        register_delivery()
        notices.register()
        request_notices.register()
        link_inbox.register()
        end_notices.register()
        review_notices.register()
        register_entry_policy(may_see_trail_of, with_visible_trail)
        # Only pages and the worker do the deeds, but every process shows what was recorded about them.
        assert events.AccessAsked.kind  # noqa: S101  imported for the kinds of events alone
        assert condition_events.ConditionMade.kind  # noqa: S101  as above
        assert link_events.FileRequestMade.kind  # noqa: S101  as above
        assert review_events.ReviewStarted.kind  # noqa: S101  as above
