"""What stands against opening a version is asked of a function of the database."""

from django.db import connection

from workspaces.opening import STANDING


def test_the_function_in_the_database_is_the_one_in_the_program(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT prosrc FROM pg_proc WHERE proname = 'workspaces_standing'")
        assert cursor.fetchone()[0] == STANDING
