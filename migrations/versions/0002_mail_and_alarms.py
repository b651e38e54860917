"""Alarms, signs of life, reconciliation of mailboxes, words known again, inboxes that do not take mail, digests not wanted."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("agency", sa.Column("inbox_problem", sa.String(), nullable=False, server_default=""))
    op.add_column("agency", sa.Column("inbox_problem_at", sa.DateTime(timezone=True)))
    op.add_column("mailbox", sa.Column("reconcile_at", sa.DateTime(timezone=True)))
    op.add_column("mailbox", sa.Column("reconciled_at", sa.DateTime(timezone=True)))
    op.add_column(
        "mailbox",
        sa.Column("reconciliation", postgresql.JSONB(astext_type=sa.Text()), nullable=False, server_default="{}"),
    )
    op.add_column("inbound_mail", sa.Column("fingerprint", sa.String(), nullable=False, server_default=""))
    op.add_column(
        "inbound_mail",
        sa.Column("decisions", postgresql.JSONB(astext_type=sa.Text()), nullable=False, server_default="[]"),
    )
    op.add_column("inbound_mail", sa.Column("decided_at", sa.DateTime(timezone=True)))
    op.create_index(
        "ix_inbound_mail_decided",
        "inbound_mail",
        ["decided_at"],
        postgresql_where=sa.text("decided_at IS NOT NULL"),
    )
    op.add_column(
        "inbound_mail",
        sa.Column("sender_domain", sa.String(), sa.Computed("split_part(sender, '@', 2)", persisted=True), nullable=False),
    )
    for name, column in (("domain", "sender_domain"), ("words", "fingerprint")):
        op.create_index(
            f"ix_inbound_mail_{name}",
            "inbound_mail",
            [column, "received_at"],
            postgresql_where=sa.text("verdict = 'complaint'"),
        )
    for table, column in (
        ("agency", "inbox_problem"),
        ("mailbox", "reconciliation"),
        ("inbound_mail", "fingerprint"),
        ("inbound_mail", "decisions"),
    ):
        op.alter_column(table, column, server_default=None)  # it was for the rows that are there
    op.add_column(
        "outbound_mail",
        sa.Column("domain", sa.String(), sa.Computed("lower(split_part(to_address, '@', 2))", persisted=True), nullable=False),
    )
    op.add_column(
        "outbound_mail",
        sa.Column("urgent", sa.Boolean(), sa.Computed("kind NOT LIKE 'digest%'", persisted=True), nullable=False),
    )
    op.add_column("outbound_mail", sa.Column("domain_rests_until", sa.DateTime(timezone=True)))
    op.drop_index("ix_outbound_mail_waiting", "outbound_mail")
    for name, columns, only in (
        ("waiting", ["domain", "urgent", "next_attempt_at", "id"], ""),
        ("leased", ["domain", "leased_until"], " AND leased_until IS NOT NULL"),
        ("resting", ["domain", "domain_rests_until"], " AND domain_rests_until IS NOT NULL"),
    ):
        where = sa.text(f"status = 'queued'{only}")
        op.create_index(f"ix_outbound_mail_{name}", "outbound_mail", columns, postgresql_where=where)
    op.create_table(
        "alarm",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("about", sa.String(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("calm_since", sa.DateTime(timezone=True)),
        sa.Column("cleared_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_alarm"),
    )
    op.create_index(
        "uq_alarm_open", "alarm", ["kind", "about"], unique=True, postgresql_where=sa.text("cleared_at IS NULL")
    )
    op.create_table(
        "heartbeat",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True)),
        sa.Column("failing_since", sa.DateTime(timezone=True)),
        sa.Column("words", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_heartbeat"),
    )
    op.create_table(
        "unsubscribed",
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.PrimaryKeyConstraint("email", name="pk_unsubscribed"),
    )


def downgrade() -> None:
    for name in ("resting", "leased", "waiting"):
        op.drop_index(f"ix_outbound_mail_{name}", "outbound_mail")
    for column in ("domain_rests_until", "urgent", "domain"):
        op.drop_column("outbound_mail", column)
    where = sa.text("status = 'queued'")
    op.create_index("ix_outbound_mail_waiting", "outbound_mail", ["next_attempt_at"], postgresql_where=where)
    op.drop_table("unsubscribed")
    op.drop_table("heartbeat")
    op.drop_table("alarm")
    for name in ("words", "domain", "decided"):
        op.drop_index(f"ix_inbound_mail_{name}", "inbound_mail")
    for column in ("sender_domain", "decided_at", "decisions", "fingerprint"):
        op.drop_column("inbound_mail", column)
    for column in ("reconciliation", "reconciled_at", "reconcile_at"):
        op.drop_column("mailbox", column)
    for column in ("inbox_problem_at", "inbox_problem"):
        op.drop_column("agency", column)
