"""Whatever ends or changes somebody's access leaves a row, whoever writes it: a service, a shell or psql."""

from typing import ClassVar

from django.db import migrations, models
from django.db.migrations.operations.base import Operation
from django.utils import timezone

from domains.common.models import new_id

TRIGGERS = """
CREATE FUNCTION accounts_note_access_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO accounts_accesschange (id, created_at, updated_at, subject)
    VALUES (gen_random_uuid(), now(), now(), OLD.id);
    RETURN NULL;
END $$;

CREATE TRIGGER accounts_session_changed AFTER UPDATE OF revoked_at, expires_at, user_id ON accounts_session
FOR EACH ROW WHEN (
    (OLD.revoked_at, OLD.expires_at, OLD.user_id) IS DISTINCT FROM (NEW.revoked_at, NEW.expires_at, NEW.user_id)
) EXECUTE FUNCTION accounts_note_access_change();

-- Those that are over are purged by the thousand, and nobody is let in by them.
CREATE TRIGGER accounts_session_deleted AFTER DELETE ON accounts_session
FOR EACH ROW WHEN (OLD.revoked_at IS NULL AND OLD.expires_at > now()) EXECUTE FUNCTION accounts_note_access_change();

CREATE TRIGGER accounts_user_changed AFTER UPDATE OF is_active, is_staff, token_version ON accounts_user
FOR EACH ROW WHEN (
    (OLD.is_active, OLD.is_staff, OLD.token_version) IS DISTINCT FROM (NEW.is_active, NEW.is_staff, NEW.token_version)
) EXECUTE FUNCTION accounts_note_access_change();
"""
NO_TRIGGERS = """
DROP TRIGGER accounts_user_changed ON accounts_user;
DROP TRIGGER accounts_session_deleted ON accounts_session;
DROP TRIGGER accounts_session_changed ON accounts_session;
DROP FUNCTION accounts_note_access_change();
"""


class Migration(migrations.Migration):
    dependencies: ClassVar[list[tuple[str, str]]] = [("accounts", "0002_account_life")]

    operations: ClassVar[list[Operation]] = [
        migrations.CreateModel(
            name="AccessChange",
            fields=[
                ("id", models.UUIDField(default=new_id, editable=False, primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField(default=timezone.now, editable=False)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("subject", models.UUIDField(help_text="id of the session or the user")),
            ],
            options={"abstract": False},
        ),
        migrations.RunSQL(TRIGGERS, NO_TRIGGERS),
    ]
