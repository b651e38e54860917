"""Which mails a worker takes next.

Urgent ones first (all but the weekly digests), and in turn from each recipient's domain, so that ten thousand mails to
one do not stand before a single mail to another. No more than `MOST_PER_DOMAIN` batches work on a domain at a time,
which a lease tells: all mails of a batch bear the same one. A domain that asked for less mail is passed over until the
time on the mail that heard it has come.
"""

from datetime import timedelta

from sqlalchemy import Interval, bindparam, text

from service.tables import Session

BATCH = 20
LEASE = timedelta(minutes=5)
# A worker sends a batch over one connection, so this is the number of connections to one domain.
MOST_PER_DOMAIN = 4

# Claims queue up here, so that two cannot both take a domain's last place. Each holds it for some milliseconds.
_ONE_BY_ONE = text("SELECT pg_advisory_xact_lock(hashtext('outbox claim'))")
# The domains in the queue are found by stepping through the index, one step a domain, however long the queue is.
_CLAIM = text(
    """
    WITH RECURSIVE domains (domain) AS (
        (SELECT domain FROM outbound_mail WHERE status = 'queued' ORDER BY domain LIMIT 1)
        UNION ALL
        SELECT (SELECT mail.domain FROM outbound_mail mail
                WHERE mail.status = 'queued' AND mail.domain > domains.domain ORDER BY mail.domain LIMIT 1)
        FROM domains WHERE domains.domain IS NOT NULL
    ), open_domains AS (
        SELECT domain FROM domains
        WHERE domain IS NOT NULL
        AND NOT EXISTS (
            SELECT FROM outbound_mail mail
            WHERE mail.status = 'queued' AND mail.domain = domains.domain
            AND mail.domain_rests_until > statement_timestamp())
        AND :most_per_domain > (
            SELECT count(DISTINCT mail.leased_until) FROM outbound_mail mail
            WHERE mail.status = 'queued' AND mail.domain = domains.domain
            AND mail.leased_until > statement_timestamp())
    ), next_ones AS (
        SELECT mail.id FROM open_domains
        CROSS JOIN (VALUES (TRUE), (FALSE)) AS class (urgent)
        CROSS JOIN LATERAL (
            SELECT due.id, due.next_attempt_at, row_number() OVER (ORDER BY due.next_attempt_at, due.id) AS place
            FROM outbound_mail due
            WHERE due.status = 'queued' AND due.domain = open_domains.domain AND due.urgent = class.urgent
            AND due.next_attempt_at <= statement_timestamp()
            AND (due.leased_until IS NULL OR due.leased_until <= statement_timestamp())
            ORDER BY due.next_attempt_at, due.id LIMIT :batch
        ) AS mail
        ORDER BY class.urgent DESC, mail.place, mail.next_attempt_at, mail.id LIMIT :batch
    )
    UPDATE outbound_mail SET leased_until = statement_timestamp() + :lease, attempts = attempts + 1
    WHERE id IN (SELECT id FROM outbound_mail WHERE id IN (SELECT id FROM next_ones) FOR UPDATE SKIP LOCKED)
    RETURNING id, urgent, raw IS NULL AND attempts > 1 AS suspect
    """
).bindparams(bindparam("lease", type_=Interval))

_GIVE_BACK = text("UPDATE outbound_mail SET leased_until = NULL, attempts = attempts - 1 WHERE id = ANY(:ids)")


def claim(session: Session) -> list[int]:
    """Lease one batch of mails that are due, and count the attempt; returns their ids, urgent ones first, at most
    `BATCH`.

    The attempt is counted before anything is done: a mail that kills its worker is not tried for ever. Of those that
    shared a batch with a death and were not written one is taken, alone: no innocent one shall be given up with it.
    """
    session.execute(_ONE_BY_ONE)
    values = {"batch": BATCH, "lease": LEASE, "most_per_domain": MOST_PER_DOMAIN}
    claimed = session.execute(_CLAIM, values).all()
    ordered = sorted(claimed, key=lambda row: (not row.urgent, row.id))
    suspects = [row.id for row in ordered if row.suspect]
    if not suspects:
        return [row.id for row in ordered]
    session.execute(_GIVE_BACK, {"ids": [row.id for row in ordered if row.id != suspects[0]]})
    return suspects[:1]
