"""The only four fakes: clock, IMAP folder, SMTP connection, bell."""
