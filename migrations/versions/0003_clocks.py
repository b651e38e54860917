"""Calendar versions, the law's clock beside the pact's, and on each clock what became of it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"

# Clocks that ran before calendars were kept counted every hour; this version says so, and names no day off.
FIRST_CALENDAR = """
INSERT INTO calendar (made_at, made_by, reason, week, days_off)
SELECT now(), 'system', 'Sebelum kalender dicatat',
       '[[["08:00","16:00"]],[["08:00","16:00"]],[["08:00","16:00"]],[["08:00","16:00"]],[["08:00","16:30"]],[],[]]', '{}'
WHERE EXISTS (SELECT 1 FROM deadline)
"""
OUTCOMES = """
UPDATE deadline SET met_at = c.responded_at, breached_at = c.breached_at, accountable_id = c.accountable_id,
                    calendar_id = (SELECT min(id) FROM calendar)
FROM complaint c WHERE c.id = deadline.complaint_id
"""
CLASSES = """
UPDATE complaint SET classification = coalesce((SELECT classification FROM category k WHERE k.id = category_id), 'biasa')
"""
# The term for reopening counts from the rejection.
REJECTED = """
UPDATE complaint SET closed_at = (SELECT max(at) FROM event WHERE complaint_id = complaint.id AND kind = 'reject')
WHERE state = 'rejected'
"""


def upgrade() -> None:
    op.create_table(
        "calendar",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("week", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("days_off", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_calendar"),
    )
    op.execute(
        "CREATE TRIGGER calendar_rows_refuse_change BEFORE UPDATE OR DELETE ON calendar "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER calendar_refuses_truncate BEFORE TRUNCATE ON calendar "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    _anchors()
    _outages()
    _clocks()
    op.add_column("complaint", sa.Column("classification", sa.String(), nullable=False, server_default=""))
    op.alter_column("complaint", "classification", server_default=None)
    op.execute(CLASSES)
    _acts()
    _published_weeks()
    op.add_column("pact", sa.Column("accountable", sa.String(), nullable=False, server_default="longest"))
    op.add_column("pact", sa.Column("question_counts", sa.Boolean(), nullable=False, server_default=sa.false()))
    for column in ("accountable", "question_counts"):
        op.alter_column("pact", column, server_default=None)


def _outages() -> None:
    op.create_table(
        "outage",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("part", sa.String(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_outage"),
    )
    op.create_index("ix_outage_ended_at", "outage", ["ended_at"])
    op.execute(
        "CREATE TRIGGER outage_rows_refuse_change BEFORE UPDATE OR DELETE ON outage "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER outage_refuses_truncate BEFORE TRUNCATE ON outage "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def _anchors() -> None:
    op.create_table(
        "anchor",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("complaints", sa.Integer(), nullable=False),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.Column("root", sa.String(), nullable=False),
        sa.Column("previous_hash", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_anchor"),
        sa.UniqueConstraint("day", name="uq_anchor_day"),
    )
    op.execute(
        "CREATE TRIGGER anchor_rows_refuse_change BEFORE UPDATE OR DELETE ON anchor "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER anchor_refuses_truncate BEFORE TRUNCATE ON anchor "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def _published_weeks() -> None:
    op.add_column("frozen_week", sa.Column("last_event", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("frozen_week", sa.Column("rules", sa.Integer(), nullable=False, server_default="1"))
    corrections = sa.Column(
        "corrections", postgresql.JSONB(astext_type=sa.Text()), nullable=False, server_default=sa.text("'[]'")
    )
    op.add_column("frozen_week", corrections)
    for column in ("last_event", "rules", "corrections"):
        op.alter_column("frozen_week", column, server_default=None)
    op.create_index(
        "ix_deadline_reopened", "deadline", ["start_at"], postgresql_where=sa.text("kind = 'pact' AND run > 1")
    )
    op.create_index("ix_event_disputed", "event", ["at"], postgresql_where=sa.text("kind = 'dispute'"))
    op.create_index("ix_event_similar", "event", ["at"], postgresql_where=sa.text("payload ? 'similar_to'"))
    said = sa.text("author IN ('agency', 'desk')")
    op.create_index("ix_message_said", "message", ["agency_id", "at"], postgresql_where=said)


def _clocks() -> None:
    op.execute(FIRST_CALENDAR)
    op.add_column("deadline", sa.Column("kind", sa.String(), nullable=False, server_default="pact"))
    op.alter_column("deadline", "kind", server_default=None)
    op.add_column("deadline", sa.Column("calendar_id", sa.BigInteger()))
    op.add_column("deadline", sa.Column("met_at", sa.DateTime(timezone=True)))
    op.add_column("deadline", sa.Column("breached_at", sa.DateTime(timezone=True)))
    op.add_column("deadline", sa.Column("accountable_id", sa.BigInteger()))
    op.add_column("deadline", sa.Column("excuse", sa.String(), nullable=False, server_default=""))
    op.alter_column("deadline", "excuse", server_default=None)
    op.execute(OUTCOMES)
    op.alter_column("deadline", "calendar_id", nullable=False)
    op.create_foreign_key("fk_deadline_calendar_id", "deadline", "calendar", ["calendar_id"], ["id"])
    op.create_foreign_key("fk_deadline_accountable_id", "deadline", "agency", ["accountable_id"], ["id"])
    op.drop_constraint("uq_deadline_complaint_id_run", "deadline")
    op.create_unique_constraint("uq_deadline_complaint_id_kind_run", "deadline", ["complaint_id", "kind", "run"])
    op.create_index("ix_deadline_due_at", "deadline", ["kind", "due_at"])


def _acts() -> None:
    for column in ("reopened_at", "asked_at", "disputed_at", "resolved_at", "closed_at"):
        op.add_column("complaint", sa.Column(column, sa.DateTime(timezone=True)))
    op.execute(REJECTED)
    resolved, disputed = sa.text("state = 'resolved'"), sa.text("disputed_at IS NOT NULL")
    op.create_index("ix_complaint_resolved_at", "complaint", ["resolved_at"], postgresql_where=resolved)
    op.create_index("ix_complaint_disputed_at", "complaint", ["disputed_at"], postgresql_where=disputed)
    op.add_column("deadline", sa.Column("objection", sa.String(), nullable=False, server_default=""))
    op.add_column("deadline", sa.Column("objected_at", sa.DateTime(timezone=True)))
    op.add_column("deadline", sa.Column("resumed_at", sa.DateTime(timezone=True)))
    op.add_column("deadline", sa.Column("waited", sa.Integer(), nullable=False, server_default="0"))
    for column in ("objection", "waited"):
        op.alter_column("deadline", column, server_default=None)
    objected = sa.text("objection = 'open'")
    op.create_index("ix_deadline_objected_at", "deadline", ["objected_at"], postgresql_where=objected)


def downgrade() -> None:
    op.drop_table("outage")
    op.drop_table("anchor")
    op.drop_index("ix_message_said", "message")
    op.drop_index("ix_event_similar", "event")
    op.drop_index("ix_event_disputed", "event")
    op.drop_index("ix_deadline_reopened", "deadline")
    for column in ("corrections", "rules", "last_event"):
        op.drop_column("frozen_week", column)
    op.drop_index("ix_deadline_objected_at", "deadline")
    for column in ("waited", "resumed_at", "objected_at", "objection"):
        op.drop_column("deadline", column)
    op.drop_index("ix_complaint_disputed_at", "complaint")
    op.drop_index("ix_complaint_resolved_at", "complaint")
    for column in ("closed_at", "resolved_at", "disputed_at", "asked_at", "reopened_at"):
        op.drop_column("complaint", column)
    for column in ("question_counts", "accountable"):
        op.drop_column("pact", column)
    op.drop_column("complaint", "classification")
    op.drop_index("ix_deadline_due_at", "deadline")
    op.execute("DELETE FROM deadline WHERE kind <> 'pact'")
    op.drop_constraint("uq_deadline_complaint_id_kind_run", "deadline")
    op.create_unique_constraint("uq_deadline_complaint_id_run", "deadline", ["complaint_id", "run"])
    for column in ("excuse", "accountable_id", "breached_at", "met_at", "calendar_id", "kind"):
        op.drop_column("deadline", column)
    op.drop_table("calendar")
