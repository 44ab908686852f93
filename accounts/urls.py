"""The addresses of this room; those of signing in stand in signin_urls."""

from django.urls import path

from accounts.views import application, appointments, inbox, own_account, people, review, tokens, walkthrough

app_name = "accounts"
urlpatterns = [
    path("apply/", application.apply, name="apply"),
    path("apply/sent/", application.applied, name="applied"),
    path("apply/status/", application.application, name="application"),
    path("apply/<uuid:application_id>/answer/", application.answer, name="answer"),
    path("apply/<uuid:application_id>/withdraw/", application.withdraw, name="withdraw"),
    path("apply/<uuid:application_id>/documents/<uuid:document_id>/", application.evidence, name="evidence"),
    path("review/", review.review, name="review"),
    path("review/<uuid:application_id>/", review.review_application, name="review_application"),
    path("review/<uuid:application_id>/approve/", review.approve, name="approve"),
    path("review/<uuid:application_id>/refuse/", review.refuse, name="refuse"),
    path("review/<uuid:application_id>/ask/", review.ask_for_more, name="ask_for_more"),
    path("people/", people.people, name="people"),
    path("people/institutions/", people.institutions, name="institutions"),
    path("people/appointments/", appointments.appointments, name="appointments"),
    path(
        "people/appointments/<uuid:appointment_id>/confirm/",
        appointments.confirm_appointment,
        name="confirm_appointment",
    ),
    path(
        "people/appointments/<uuid:appointment_id>/decline/",
        appointments.decline_appointment,
        name="decline_appointment",
    ),
    path(
        "people/suspensions/<uuid:suspension_id>/confirm/", appointments.confirm_suspension, name="confirm_suspension"
    ),
    path(
        "people/suspensions/<uuid:suspension_id>/decline/", appointments.decline_suspension, name="decline_suspension"
    ),
    path("people/<uuid:person_id>/", people.person, name="person"),
    path("people/<uuid:person_id>/renew/", people.renew, name="renew"),
    path("people/<uuid:person_id>/suspend/", people.suspend, name="suspend"),
    path("people/<uuid:person_id>/lift/", people.lift, name="lift"),
    path("people/<uuid:person_id>/appoint/", appointments.appoint, name="appoint"),
    path("inbox/", inbox.inbox, name="inbox"),
    path("inbox/read-all/", inbox.read_all, name="read_all"),
    path("inbox/<uuid:notice_id>/", inbox.open_notice, name="open_notice"),
    path("inbox/<uuid:notice_id>/read/", inbox.read_notice, name="read_notice"),
    path("account/mails/", inbox.mail_choices, name="mail_choices"),
    path("account/profile/", own_account.profile, name="profile"),
    path("account/security/", own_account.security, name="security"),
    path("account/enrol/", own_account.enrol, name="enrol"),
    path("account/recovery-codes/", own_account.recovery_codes, name="recovery_codes"),
    path("account/tokens/", tokens.tokens, name="tokens"),
    path("account/tokens/<uuid:token_id>/revoke/", tokens.revoke, name="revoke_token"),
    path("account/sessions/", own_account.sessions, name="sessions"),
    path("account/sessions/end-others/", own_account.end_other_sessions, name="end_other_sessions"),
    path("account/sessions/<int:session_id>/end/", own_account.end_session, name="end_session"),
    path("walk-through/", walkthrough.walkthrough, name="walkthrough"),
]
