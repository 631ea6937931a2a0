// @generated automatically by Diesel CLI.

diesel::table! {
    canonical_emails (email) {
        email -> Text,
        user_id -> Uuid,
    }
}

diesel::table! {
    deleted_accounts (user_id) {
        user_id -> Uuid,
        deleted_at -> Timestamptz,
        deleted_by -> Text,
    }
}

diesel::table! {
    ended_sessions (family_id) {
        family_id -> Uuid,
        ended_at -> Timestamptz,
        ended_xid -> Int8,
        recorded_at -> Timestamptz,
        user_id -> Nullable<Uuid>,
        reason -> Nullable<Text>,
    }
}

diesel::table! {
    idempotency_keys (created_id) {
        created_id -> Uuid,
        service_key_id -> Uuid,
        key -> Text,
        request_digest -> Bytea,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    login_throttles (lane) {
        lane -> Bytea,
        failures -> Int4,
        counted_at -> Timestamptz,
    }
}

diesel::table! {
    outbox (id) {
        id -> Uuid,
        channel -> Text,
        user_id -> Nullable<Uuid>,
        created_at -> Timestamptz,
        due_at -> Timestamptz,
        attempts -> Int4,
        failed_at -> Nullable<Timestamptz>,
        error -> Nullable<Text>,
        payload -> Jsonb,
    }
}

diesel::table! {
    service_keys (id) {
        id -> Uuid,
        name -> Text,
        scopes -> Text,
        created_at -> Timestamptz,
        last_used_on -> Nullable<Date>,
        revoked_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    session_events (id) {
        id -> Uuid,
        at -> Timestamptz,
        user_id -> Uuid,
        family_id -> Nullable<Uuid>,
        kind -> Text,
        ip -> Nullable<Inet>,
        user_agent -> Nullable<Text>,
        detail -> Jsonb,
        recorded_xid -> Nullable<Int8>,
    }
}

diesel::table! {
    superseded_tokens (family_id) {
        family_id -> Uuid,
        generation -> Int4,
        superseded_xid -> Int8,
        recorded_at -> Timestamptz,
    }
}

diesel::table! {
    token_families (id) {
        id -> Uuid,
        user_id -> Uuid,
        created_at -> Timestamptz,
        authenticated_at -> Timestamptz,
        expires_at -> Timestamptz,
        idle_expires_at -> Timestamptz,
        rotated_at -> Timestamptz,
        generation -> Int4,
        confirmed -> Int4,
        recovered -> Int4,
        recovery_tat -> Int8,
        revoked_at -> Nullable<Timestamptz>,
        revoked_reason -> Nullable<Text>,
        delivery -> Text,
        ip -> Nullable<Inet>,
        user_agent -> Nullable<Text>,
        user_agent_hash -> Nullable<Int8>,
        replaced_by -> Nullable<Uuid>,
        claims -> Nullable<Text>,
        session_claims -> Nullable<Text>,
        amr -> Nullable<Text>,
        acr -> Nullable<Text>,
        actor -> Nullable<Text>,
        remember -> Bool,
        idle_ttl -> Nullable<Int4>,
    }
}

diesel::table! {
    users (id) {
        id -> Uuid,
        email -> Nullable<Text>,
        password_hash -> Nullable<Text>,
        is_active -> Bool,
        created_at -> Timestamptz,
        email_verified -> Bool,
        subject -> Nullable<Text>,
        claims -> Nullable<Text>,
    }
}

diesel::joinable!(canonical_emails -> users (user_id));
diesel::joinable!(session_events -> users (user_id));
diesel::joinable!(token_families -> users (user_id));

diesel::allow_tables_to_appear_in_same_query!(
    canonical_emails,
    deleted_accounts,
    ended_sessions,
    idempotency_keys,
    login_throttles,
    outbox,
    service_keys,
    session_events,
    superseded_tokens,
    token_families,
    users,
);
