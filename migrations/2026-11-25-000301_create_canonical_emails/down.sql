DROP TABLE canonical_emails;
