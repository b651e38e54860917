"""The first tables: the government and its people, cases, events, clocks, mail in and out, published weeks.

Events refuse UPDATE, DELETE and TRUNCATE from the first day on.
"""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

REFUSE = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused: its rows are for ever', TG_OP, TG_TABLE_NAME;
END $$
"""

revision = '0001'
down_revision = None


def upgrade() -> None:
    op.execute(sa.schema.CreateSequence(sa.Sequence("complaint_number")))
    op.create_table('agency',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('code', sa.String(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('acronym', sa.String(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('inbox', sa.String(), nullable=False),
    sa.Column('remit', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('area_code', sa.String(), nullable=True),
    sa.Column('valid_until', sa.Date(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_agency')),
    sa.UniqueConstraint('code', name=op.f('uq_agency_code')),
    sa.UniqueConstraint('inbox', name=op.f('uq_agency_inbox'))
    )
    op.create_table('area',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('code', sa.String(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('parent', sa.String(), nullable=True),
    sa.Column('aliases', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_area')),
    sa.UniqueConstraint('code', name=op.f('uq_area_code'))
    )
    op.create_table('frozen_week',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('week', sa.String(), nullable=False),
    sa.Column('frozen_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('figures', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('hash', sa.String(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_frozen_week')),
    sa.UniqueConstraint('week', name=op.f('uq_frozen_week_week'))
    )
    op.create_table('government',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('preset', sa.String(), nullable=False),
    sa.Column('preset_hash', sa.String(), nullable=False),
    sa.Column('profile', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.CheckConstraint('id = 1', name=op.f('ck_government_only_one')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_government'))
    )
    op.create_table('mailbox',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('uidvalidity', sa.BigInteger(), nullable=True),
    sa.Column('last_uid', sa.BigInteger(), nullable=False),
    sa.Column('read_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('leased_by', sa.String(), nullable=True),
    sa.Column('leased_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('problem', sa.String(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mailbox')),
    sa.UniqueConstraint('name', name=op.f('uq_mailbox_name'))
    )
    op.create_table('pact',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('version', sa.String(), nullable=False),
    sa.Column('title', sa.String(), nullable=False),
    sa.Column('signed_before', sa.String(), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('response_hours', sa.Integer(), nullable=False),
    sa.Column('hours', sa.String(), nullable=False),
    sa.Column('reminders', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('escalations', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('digest', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('points', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_pact')),
    sa.UniqueConstraint('version', name=op.f('uq_pact_version'))
    )
    op.create_table('account',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('email', sa.String(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('role', sa.String(), nullable=False),
    sa.Column('agency_id', sa.BigInteger(), nullable=True),
    sa.Column('password_hash', sa.String(), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('signed_in_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("role IN ('desk', 'officer', 'head', 'inspector', 'leader', 'administrator')", name=op.f('ck_account_role')),
    sa.CheckConstraint("role NOT IN ('officer', 'head') OR agency_id IS NOT NULL", name=op.f('ck_account_agency_needed')),
    sa.ForeignKeyConstraint(['agency_id'], ['agency.id'], name=op.f('fk_account_agency_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_account')),
    sa.UniqueConstraint('email', name=op.f('uq_account_email'))
    )
    op.create_table('agency_head',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('agency_id', sa.BigInteger(), nullable=False),
    sa.Column('title', sa.String(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('capacity', sa.String(), nullable=False),
    sa.Column('email', sa.String(), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_until', sa.Date(), nullable=True),
    sa.ForeignKeyConstraint(['agency_id'], ['agency.id'], name=op.f('fk_agency_head_agency_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_agency_head'))
    )
    op.create_index('uq_agency_head_present', 'agency_head', ['agency_id'], unique=True, postgresql_where=sa.text('valid_until IS NULL'))
    op.create_table('category',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('code', sa.String(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('name_en', sa.String(), nullable=False),
    sa.Column('example', sa.String(), nullable=False),
    sa.Column('agency_id', sa.BigInteger(), nullable=True),
    sa.Column('by_area', sa.Boolean(), nullable=False),
    sa.Column('classification', sa.String(), nullable=False),
    sa.Column('keywords', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('sensitive', sa.Boolean(), nullable=False),
    sa.Column('retired', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['agency_id'], ['agency.id'], name=op.f('fk_category_agency_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_category')),
    sa.UniqueConstraint('code', name=op.f('uq_category_code'))
    )
    op.create_table('complaint',
    sa.Column('id', sa.BigInteger(), nullable=False),
    sa.Column('number', sa.String(), nullable=False),
    sa.Column('token', sa.String(), nullable=False),
    sa.Column('submission_key', sa.String(), nullable=True),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('channel', sa.String(), nullable=False),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('subject', sa.String(), nullable=False),
    sa.Column('category_id', sa.BigInteger(), nullable=True),
    sa.Column('area_id', sa.BigInteger(), nullable=True),
    sa.Column('place', sa.String(), nullable=False),
    sa.Column('agency_id', sa.BigInteger(), nullable=True),
    sa.Column('routing_reason', sa.String(), nullable=False),
    sa.Column('candidates', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('anonymous', sa.Boolean(), nullable=False),
    sa.Column('confidential', sa.Boolean(), nullable=False),
    sa.Column('reporter_name', sa.String(), nullable=False),
    sa.Column('reporter_email', sa.String(), nullable=False),
    sa.Column('reporter_phone', sa.String(), nullable=False),
    sa.Column('reporter_thread', sa.String(), nullable=False),
    sa.Column('run', sa.Integer(), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('responded_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('breached_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('accountable_id', sa.BigInteger(), nullable=True),
    sa.Column('events', sa.Integer(), nullable=False),
    sa.Column('head_hash', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['accountable_id'], ['agency.id'], name=op.f('fk_complaint_accountable_id')),
    sa.ForeignKeyConstraint(['agency_id'], ['agency.id'], name=op.f('fk_complaint_agency_id')),
    sa.ForeignKeyConstraint(['area_id'], ['area.id'], name=op.f('fk_complaint_area_id')),
    sa.ForeignKeyConstraint(['category_id'], ['category.id'], name=op.f('fk_complaint_category_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_complaint')),
    sa.UniqueConstraint('number', name=op.f('uq_complaint_number')),
    sa.UniqueConstraint('submission_key', name=op.f('uq_complaint_submission_key')),
    sa.UniqueConstraint('token', name=op.f('uq_complaint_token'))
    )
    op.create_index('ix_complaint_agency_open', 'complaint', ['agency_id', 'due_at'], unique=False, postgresql_where=sa.text("state IN ('received', 'assigned')"))
    op.create_index('ix_complaint_due_at', 'complaint', ['due_at'], unique=False)
    op.create_index('ix_complaint_received_at', 'complaint', ['received_at'], unique=False)
    op.create_index('ix_complaint_reporter_email', 'complaint', ['reporter_email'], unique=False)
    op.create_table('attachment',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('complaint_id', sa.BigInteger(), nullable=False),
    sa.Column('event_seq', sa.Integer(), nullable=False),
    sa.Column('sha256', sa.String(), nullable=False),
    sa.Column('filename', sa.String(), nullable=False),
    sa.Column('content_type', sa.String(), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['complaint_id'], ['complaint.id'], name=op.f('fk_attachment_complaint_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_attachment'))
    )
    op.create_index(op.f('ix_attachment_complaint_id'), 'attachment', ['complaint_id'], unique=False)
    op.create_table('deadline',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('complaint_id', sa.BigInteger(), nullable=False),
    sa.Column('run', sa.Integer(), nullable=False),
    sa.Column('pact_id', sa.BigInteger(), nullable=False),
    sa.Column('start_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('next_step', sa.Integer(), nullable=False),
    sa.Column('next_kind', sa.String(), nullable=False),
    sa.Column('next_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('retry_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['complaint_id'], ['complaint.id'], name=op.f('fk_deadline_complaint_id')),
    sa.ForeignKeyConstraint(['pact_id'], ['pact.id'], name=op.f('fk_deadline_pact_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_deadline')),
    sa.UniqueConstraint('complaint_id', 'run', name=op.f('uq_deadline_complaint_id_run'))
    )
    op.create_index('ix_deadline_next_at', 'deadline', ['next_at'], unique=False, postgresql_where=sa.text('next_at IS NOT NULL'))
    op.create_table('event',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('complaint_id', sa.BigInteger(), nullable=False),
    sa.Column('seq', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('actor', sa.String(), nullable=False),
    sa.Column('payload', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('previous_hash', sa.String(), nullable=False),
    sa.Column('hash', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['complaint_id'], ['complaint.id'], name=op.f('fk_event_complaint_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_event')),
    sa.UniqueConstraint('complaint_id', 'seq', name=op.f('uq_event_complaint_id_seq'))
    )
    op.create_table('inbound_mail',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('mailbox_id', sa.BigInteger(), nullable=False),
    sa.Column('uidvalidity', sa.BigInteger(), nullable=False),
    sa.Column('uid', sa.BigInteger(), nullable=False),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('sha256', sa.String(), nullable=False),
    sa.Column('message_id', sa.String(), nullable=False),
    sa.Column('sender', sa.String(), nullable=False),
    sa.Column('subject', sa.String(), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('raw', sa.LargeBinary(), nullable=True),
    sa.Column('status', sa.String(), nullable=False),
    sa.Column('verdict', sa.String(), nullable=False),
    sa.Column('reason', sa.String(), nullable=False),
    sa.Column('complaint_id', sa.BigInteger(), nullable=True),
    sa.Column('party', sa.String(), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('leased_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('stored_at', sa.DateTime(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False),
    sa.Column('decided_by', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['complaint_id'], ['complaint.id'], name=op.f('fk_inbound_mail_complaint_id')),
    sa.ForeignKeyConstraint(['mailbox_id'], ['mailbox.id'], name=op.f('fk_inbound_mail_mailbox_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_inbound_mail')),
    sa.UniqueConstraint('mailbox_id', 'sha256', name=op.f('uq_inbound_mail_mailbox_id_sha256'))
    )
    op.create_index(op.f('ix_inbound_mail_complaint_id'), 'inbound_mail', ['complaint_id'], unique=False)
    op.create_index('ix_inbound_mail_message_id', 'inbound_mail', ['message_id'], unique=False)
    op.create_index('ix_inbound_mail_quarantined', 'inbound_mail', ['id'], unique=False, postgresql_where=sa.text("status = 'quarantined'"))
    op.create_index('ix_inbound_mail_sender', 'inbound_mail', ['sender', 'received_at'], unique=False)
    op.create_index('ix_inbound_mail_stored', 'inbound_mail', ['received_at'], unique=False, postgresql_where=sa.text("status = 'stored'"))
    op.create_index('ix_inbound_mail_uid', 'inbound_mail', ['mailbox_id', 'uidvalidity', 'uid'], unique=False)
    op.create_table('message',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('complaint_id', sa.BigInteger(), nullable=False),
    sa.Column('event_seq', sa.Integer(), nullable=False),
    sa.Column('author', sa.String(), nullable=False),
    sa.Column('agency_id', sa.BigInteger(), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('text', sa.String(), nullable=False),
    sa.Column('salt', sa.String(), nullable=False),
    sa.Column('inbound_mail_id', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['agency_id'], ['agency.id'], name=op.f('fk_message_agency_id')),
    sa.ForeignKeyConstraint(['complaint_id'], ['complaint.id'], name=op.f('fk_message_complaint_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_message'))
    )
    op.create_index(op.f('ix_message_complaint_id'), 'message', ['complaint_id'], unique=False)
    op.create_table('outbound_mail',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('ledger_key', sa.String(), nullable=False),
    sa.Column('complaint_id', sa.BigInteger(), nullable=True),
    sa.Column('agency_id', sa.BigInteger(), nullable=True),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('to_address', sa.String(), nullable=False),
    sa.Column('to_name', sa.String(), nullable=False),
    sa.Column('message_id', sa.String(), nullable=False),
    sa.Column('thread', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('reply_to', sa.String(), nullable=False),
    sa.Column('context', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('raw', sa.LargeBinary(), nullable=True),
    sa.Column('status', sa.String(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('next_attempt_at', sa.DateTime(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False),
    sa.Column('leased_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('log', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.ForeignKeyConstraint(['agency_id'], ['agency.id'], name=op.f('fk_outbound_mail_agency_id')),
    sa.ForeignKeyConstraint(['complaint_id'], ['complaint.id'], name=op.f('fk_outbound_mail_complaint_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_outbound_mail')),
    sa.UniqueConstraint('ledger_key', name=op.f('uq_outbound_mail_ledger_key')),
    sa.UniqueConstraint('message_id', name=op.f('uq_outbound_mail_message_id'))
    )
    op.create_index(op.f('ix_outbound_mail_complaint_id'), 'outbound_mail', ['complaint_id'], unique=False)
    op.create_index('ix_outbound_mail_dead', 'outbound_mail', ['id'], unique=False, postgresql_where=sa.text("status = 'dead'"))
    op.create_index('ix_outbound_mail_waiting', 'outbound_mail', ['next_attempt_at'], unique=False, postgresql_where=sa.text("status = 'queued'"))
    op.execute(REFUSE)
    for table in ("event", "frozen_week", "pact"):
        op.execute(
            f"CREATE TRIGGER {table}_rows_refuse_change BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_refuses_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def downgrade() -> None:
    op.drop_index('ix_outbound_mail_waiting', table_name='outbound_mail', postgresql_where=sa.text("status = 'queued'"))
    op.drop_index('ix_outbound_mail_dead', table_name='outbound_mail', postgresql_where=sa.text("status = 'dead'"))
    op.drop_index(op.f('ix_outbound_mail_complaint_id'), table_name='outbound_mail')
    op.drop_table('outbound_mail')
    op.drop_index(op.f('ix_message_complaint_id'), table_name='message')
    op.drop_table('message')
    op.drop_index('ix_inbound_mail_uid', table_name='inbound_mail')
    op.drop_index('ix_inbound_mail_stored', table_name='inbound_mail', postgresql_where=sa.text("status = 'stored'"))
    op.drop_index('ix_inbound_mail_sender', table_name='inbound_mail')
    op.drop_index('ix_inbound_mail_quarantined', table_name='inbound_mail', postgresql_where=sa.text("status = 'quarantined'"))
    op.drop_index('ix_inbound_mail_message_id', table_name='inbound_mail')
    op.drop_index(op.f('ix_inbound_mail_complaint_id'), table_name='inbound_mail')
    op.drop_table('inbound_mail')
    op.drop_table('event')
    op.drop_index('ix_deadline_next_at', table_name='deadline', postgresql_where=sa.text('next_at IS NOT NULL'))
    op.drop_table('deadline')
    op.drop_index(op.f('ix_attachment_complaint_id'), table_name='attachment')
    op.drop_table('attachment')
    op.drop_index('ix_complaint_reporter_email', table_name='complaint')
    op.drop_index('ix_complaint_received_at', table_name='complaint')
    op.drop_index('ix_complaint_due_at', table_name='complaint')
    op.drop_index('ix_complaint_agency_open', table_name='complaint', postgresql_where=sa.text("state IN ('received', 'assigned')"))
    op.drop_table('complaint')
    op.drop_table('category')
    op.drop_index('uq_agency_head_present', table_name='agency_head', postgresql_where=sa.text('valid_until IS NULL'))
    op.drop_table('agency_head')
    op.drop_table('account')
    op.drop_table('pact')
    op.drop_table('mailbox')
    op.drop_table('government')
    op.drop_table('frozen_week')
    op.drop_table('area')
    op.drop_table('agency')
    op.execute("DROP FUNCTION refuse_change()")
    op.execute(sa.schema.DropSequence(sa.Sequence("complaint_number")))
