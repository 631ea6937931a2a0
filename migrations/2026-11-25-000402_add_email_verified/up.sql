-- Whether the owner of an account has proved to receive mail at its address. Accounts from before have not.
ALTER TABLE users ADD COLUMN email_verified boolean NOT NULL DEFAULT false;
