DROP TABLE superseded_tokens;
