-- Accounts whose address is stored in a spelling that versions before UTS 46 took for an address of its own. `email` is
-- the one spelling of it. The migration fills the table, and only the deletion of an account changes it afterwards.
CREATE TABLE canonical_emails (
    email   text CONSTRAINT canonical_emails_pkey PRIMARY KEY,
    user_id uuid NOT NULL CONSTRAINT canonical_emails_user_id_key UNIQUE
                          CONSTRAINT canonical_emails_user_id_fkey REFERENCES users ON DELETE CASCADE
);
