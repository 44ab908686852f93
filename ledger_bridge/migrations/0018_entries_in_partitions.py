"""Entries are partitioned by id, which begins with the time: the table that is there becomes the first partition.

It is checked first, without holding up anybody, that no entry lies beyond the first partition's end, so that nothing is
copied and the change itself takes a moment however full the table is. Then the rest happens in one transaction. An
update that is interrupted between the two is simply run again, within the week that the first partition reaches ahead.

Going back puts the entries of later partitions into the first one, which is the table again.
"""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import migrations, transaction

BOUND = "entry_before_partitions"

ACLS = """
DO $$ DECLARE one record; BEGIN
    FOR one IN SELECT rolname, privilege_type FROM pg_class, aclexplode(relacl) JOIN pg_roles ON pg_roles.oid = grantee
        WHERE pg_class.oid = '{source}'::regclass AND grantee <> relowner
    LOOP
        EXECUTE format('GRANT %s ON {target} TO %I', one.privilege_type, one.rolname);
        EXECUTE format('REVOKE %s ON {source} FROM %I', one.privilege_type, one.rolname);
    END LOOP;
END $$;
"""

TO_PARTITIONS = """
CREATE TEMP TABLE kept ON COMMIT DROP AS
    SELECT pg_get_indexdef(indexrelid) AS index, NULL AS constraint, relname AS name
    FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
    WHERE indrelid = 'ledger_bridge_entry'::regclass AND NOT indisprimary
    UNION ALL
    SELECT NULL, pg_get_constraintdef(oid), conname FROM pg_constraint
    WHERE conrelid = 'ledger_bridge_entry'::regclass AND contype = 'c' AND NOT convalidated;
DROP TRIGGER entry_no_change ON ledger_bridge_entry;
DROP TRIGGER IF EXISTS entry_no_truncate ON ledger_bridge_entry;
DROP TRIGGER ledger_queue ON ledger_bridge_entry;
ALTER TABLE ledger_bridge_entry RENAME TO ledger_bridge_entry_first;
ALTER INDEX ledger_bridge_entry_pkey RENAME TO ledger_bridge_entry_first_pkey;
CREATE TABLE ledger_bridge_entry
    (LIKE ledger_bridge_entry_first INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE) PARTITION BY RANGE (id);
ALTER TABLE ledger_bridge_entry DROP CONSTRAINT entry_before_partitions;
ALTER TABLE ledger_bridge_entry ADD CONSTRAINT ledger_bridge_entry_pkey PRIMARY KEY (id);
DO $$ DECLARE one record; BEGIN
    FOR one IN SELECT * FROM kept LOOP
        IF one.index IS NULL THEN
            -- Old entries need not meet it, so the whole table does not promise that they do.
            EXECUTE format('ALTER TABLE ledger_bridge_entry DROP CONSTRAINT %I, ADD CONSTRAINT %I %s',
                one.name, one.name, one.constraint);
        ELSE
            EXECUTE format('ALTER INDEX %I RENAME TO %I', one.name, one.name || '_first');
            EXECUTE one.index;
        END IF;
    END LOOP;
END $$;
ALTER TABLE ledger_bridge_entry
    ATTACH PARTITION ledger_bridge_entry_first FOR VALUES FROM (MINVALUE) TO ('{bound}');
ALTER TABLE ledger_bridge_entry_first DROP CONSTRAINT entry_before_partitions;
CREATE TABLE ledger_bridge_entry_default
    (LIKE ledger_bridge_entry INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE);
ALTER TABLE ledger_bridge_entry ATTACH PARTITION ledger_bridge_entry_default DEFAULT;
CREATE TRIGGER entry_no_change BEFORE UPDATE OR DELETE ON ledger_bridge_entry
    FOR EACH ROW EXECUTE FUNCTION ledger_admit_sealing();
"""

# What rows do in partitions PostgreSQL sees to; what statements do it does for the table that they name alone.
GUARD = """
CREATE FUNCTION ledger_guard_partition(which regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE TRIGGER entry_no_truncate BEFORE TRUNCATE ON %s'
        ' FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change()', which);
    EXECUTE format('CREATE TRIGGER ledger_queue AFTER INSERT ON %s REFERENCING NEW TABLE AS fresh'
        ' FOR EACH STATEMENT EXECUTE FUNCTION ledger_queue_entries()', which);
END $$;
SELECT ledger_guard_partition('ledger_bridge_entry'), ledger_guard_partition('ledger_bridge_entry_first'),
    ledger_guard_partition('ledger_bridge_entry_default');
"""

# Runs with the rights of the tables' owner, because the roles of web and sequencer own nothing. It takes no names.
MAKE = """
CREATE FUNCTION ledger_uuid_at(moment timestamp) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT (lpad(to_hex(floor(extract(epoch FROM moment) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
$$;

CREATE FUNCTION ledger_time_of(id uuid) RETURNS timestamp LANGUAGE sql IMMUTABLE AS $$
    SELECT timestamp 'epoch' + ('x0000' || left(replace(id::text, '-', ''), 12))::bit(64)::bigint * interval '1 ms'
$$;

CREATE FUNCTION ledger_make_partitions(period text, ahead integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = {schema}, pg_temp AS $$
DECLARE
    step interval;
    wanted timestamp;
    begins timestamp;
    ends timestamp;
    newest uuid;
    name text;
    made integer := 0;
BEGIN
    IF period NOT IN ('month', 'week', 'day') OR ahead NOT BETWEEN 1 AND 12 THEN
        RAISE EXCEPTION 'Partitions are made for a month, a week or a day, and up to twelve ahead.';
    END IF;
    IF NOT pg_try_advisory_xact_lock(hashtext('ledger_make_partitions')) THEN
        RETURN 0;
    END IF;
    step := ('1 ' || period)::interval;
    wanted := date_trunc(period, timezone('UTC', now())) + ahead * step;
    SELECT ledger_time_of(substring(pg_get_expr(relpartbound, oid) FROM $re$TO \\('([-0-9a-f]{{36}})'\\)$re$)::uuid)
        INTO begins FROM pg_class JOIN pg_inherits ON inhrelid = oid
        WHERE inhparent = 'ledger_bridge_entry'::regclass AND pg_get_expr(relpartbound, oid) <> 'DEFAULT'
        ORDER BY 1 DESC LIMIT 1;
    WHILE begins < wanted LOOP
        ends := date_trunc(period, begins) + step;
        name := 'ledger_bridge_entry_' || to_char(begins, 'YYYYMMDD');
        IF EXISTS (SELECT FROM ledger_bridge_entry_default WHERE id < ledger_uuid_at(ends)) THEN
            -- Nobody made partitions for long. What was recorded meanwhile stays where it is: that becomes a partition.
            SELECT id INTO newest FROM ledger_bridge_entry_default ORDER BY id DESC LIMIT 1;
            WHILE ledger_uuid_at(ends) <= newest LOOP
                ends := date_trunc(period, ends) + step;
            END LOOP;
            ALTER TABLE ledger_bridge_entry DETACH PARTITION ledger_bridge_entry_default;
            EXECUTE format('ALTER TABLE ledger_bridge_entry_default RENAME TO %I', name);
            CREATE TABLE ledger_bridge_entry_default
                (LIKE ledger_bridge_entry INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE);
            ALTER TABLE ledger_bridge_entry ATTACH PARTITION ledger_bridge_entry_default DEFAULT;
            PERFORM ledger_guard_partition('ledger_bridge_entry_default');
        ELSE
            EXECUTE format('CREATE TABLE %I
                (LIKE ledger_bridge_entry INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE)', name);
            PERFORM ledger_guard_partition(name::regclass);
        END IF;
        EXECUTE format('ALTER TABLE ledger_bridge_entry ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
            name, ledger_uuid_at(begins), ledger_uuid_at(ends));
        made := made + 1;
        begins := ends;
    END LOOP;
    RETURN made;
END $$;
REVOKE ALL ON FUNCTION ledger_make_partitions(text, integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION ledger_guard_partition(regclass) FROM PUBLIC;
DO $$ DECLARE one name; BEGIN
    FOR one IN SELECT rolname FROM pg_class, aclexplode(relacl) JOIN pg_roles ON pg_roles.oid = grantee
        WHERE pg_class.oid = 'ledger_bridge_leaf'::regclass AND grantee <> relowner AND privilege_type = 'INSERT'
    LOOP
        EXECUTE format('GRANT EXECUTE ON FUNCTION ledger_make_partitions(text, integer) TO %I', one);
    END LOOP;
END $$;
SELECT ledger_make_partitions('month', 3);
"""

TO_ONE_TABLE = """
ALTER TABLE ledger_bridge_entry DETACH PARTITION ledger_bridge_entry_first;
DROP TRIGGER ledger_queue ON ledger_bridge_entry_first;
DROP TRIGGER IF EXISTS entry_no_truncate ON ledger_bridge_entry_first;
INSERT INTO ledger_bridge_entry_first SELECT * FROM ledger_bridge_entry ORDER BY id;
DROP TABLE ledger_bridge_entry;
DROP FUNCTION ledger_make_partitions(text, integer);
DROP FUNCTION ledger_guard_partition(regclass);
DROP FUNCTION ledger_uuid_at(timestamp);
DROP FUNCTION ledger_time_of(uuid);
ALTER TABLE ledger_bridge_entry_first RENAME TO ledger_bridge_entry;
DO $$ DECLARE one name; BEGIN
    FOR one IN SELECT relname FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
        WHERE indrelid = 'ledger_bridge_entry'::regclass
    LOOP
        EXECUTE format('ALTER INDEX %I RENAME TO %I', one, replace(one, '_first', ''));
    END LOOP;
END $$;
CREATE TRIGGER entry_no_change BEFORE UPDATE OR DELETE ON ledger_bridge_entry
    FOR EACH ROW EXECUTE FUNCTION ledger_admit_sealing();
CREATE TRIGGER entry_no_truncate BEFORE TRUNCATE ON ledger_bridge_entry
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER ledger_queue AFTER INSERT ON ledger_bridge_entry
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION ledger_queue_entries();
"""


def to_partitions(apps: Any, schema_editor: Any) -> None:
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT id FROM ledger_bridge_entry ORDER BY id DESC LIMIT 1")
        bound = _first_bound(cursor.fetchone())
        cursor.execute(f"ALTER TABLE ledger_bridge_entry DROP CONSTRAINT IF EXISTS {BOUND}")
        cursor.execute(f"ALTER TABLE ledger_bridge_entry ADD CONSTRAINT {BOUND} CHECK (id < '{bound}') NOT VALID")
        cursor.execute(f"ALTER TABLE ledger_bridge_entry VALIDATE CONSTRAINT {BOUND}")
        with transaction.atomic(schema_editor.connection.alias):
            cursor.execute("SELECT quote_ident(current_schema())")
            (schema,) = cursor.fetchone()
            cursor.execute(TO_PARTITIONS.format(bound=bound))
            cursor.execute(ACLS.format(source="ledger_bridge_entry_first", target="ledger_bridge_entry"))
            cursor.execute(GUARD)
            cursor.execute(MAKE.format(schema=schema))


def to_one_table(apps: Any, schema_editor: Any) -> None:
    with transaction.atomic(schema_editor.connection.alias), schema_editor.connection.cursor() as cursor:
        cursor.execute(ACLS.format(source="ledger_bridge_entry", target="ledger_bridge_entry_first"))
        cursor.execute(TO_ONE_TABLE)


def _first_bound(newest: tuple[UUID] | None) -> UUID:
    """Return the id that begins the first month which is at least a week away, and later than any entry."""
    last = datetime.fromtimestamp((newest[0].int >> 80) / 1000, UTC) if newest else datetime.now(UTC)
    soon = max(last, datetime.now(UTC)) + timedelta(days=7)
    month = datetime(soon.year + soon.month // 12, soon.month % 12 + 1, 1, tzinfo=UTC)
    return UUID(int=int(month.timestamp() * 1000) << 80)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("ledger_bridge", "0017_tag_files")]
    operations = [migrations.RunPython(to_partitions, to_one_table)]
