-- A store as it was before the first release, when its migrations became one: with a login, a
-- link and a key in it. It is never changed.
CREATE TABLE alembic_version (
  version_num VARCHAR(32) NOT NULL,
  CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
CREATE TABLE grants (
  id VARCHAR(64) NOT NULL,
  client_id VARCHAR(256) NOT NULL,
  application VARCHAR(256) NOT NULL,
  person VARCHAR(32) NOT NULL,
  issuer TEXT NOT NULL,
  scope TEXT NOT NULL,
  auth_time BIGINT NOT NULL,
  claims TEXT NOT NULL,
  secret_hash TEXT,
  expires_at BIGINT NOT NULL,
  sealed_by VARCHAR(32) NOT NULL,
  claims_at BIGINT,
  discord_scope TEXT DEFAULT '' NOT NULL,
  session VARCHAR(32),
  offline BOOLEAN DEFAULT false NOT NULL,
  CONSTRAINT pk_grants PRIMARY KEY (id)
);
CREATE INDEX ix_grants_expires_at ON grants (expires_at);
CREATE INDEX ix_grants_person_client_id_auth_time ON grants (person, client_id, auth_time);
CREATE INDEX ix_grants_sealed_by ON grants (sealed_by);
CREATE INDEX ix_grants_session ON grants (session);
CREATE TABLE sessions (
  id VARCHAR(32) NOT NULL,
  identifier VARCHAR(64) NOT NULL,
  browser VARCHAR(64) NOT NULL,
  application VARCHAR(256) NOT NULL,
  person VARCHAR(32) NOT NULL,
  issuer TEXT NOT NULL,
  auth_time BIGINT NOT NULL,
  began_at BIGINT NOT NULL,
  used_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  account TEXT NOT NULL,
  sealed_by VARCHAR(32) NOT NULL,
  CONSTRAINT pk_sessions PRIMARY KEY (id)
);
CREATE UNIQUE INDEX ix_sessions_browser ON sessions (browser);
CREATE INDEX ix_sessions_expires_at ON sessions (expires_at);
CREATE UNIQUE INDEX ix_sessions_identifier ON sessions (identifier);
CREATE INDEX ix_sessions_person ON sessions (person);
CREATE INDEX ix_sessions_sealed_by ON sessions (sealed_by);
CREATE TABLE attempts (
  id VARCHAR(32) NOT NULL,
  owner VARCHAR(64) NOT NULL,
  at BIGINT NOT NULL,
  number INTEGER NOT NULL,
  CONSTRAINT pk_attempts PRIMARY KEY (id, owner)
);
CREATE INDEX ix_attempts_at ON attempts (at);
CREATE INDEX ix_attempts_owner_at ON attempts (owner, at);
CREATE TABLE codes (
  id VARCHAR(64) NOT NULL,
  spent BOOLEAN NOT NULL,
  reserved_until BIGINT NOT NULL,
  grant_id VARCHAR(64),
  exchanged TEXT,
  expires_at BIGINT NOT NULL,
  holder VARCHAR(32),
  application VARCHAR(256),
  person VARCHAR(32),
  CONSTRAINT pk_codes PRIMARY KEY (id)
);
CREATE INDEX ix_codes_application ON codes (application);
CREATE INDEX ix_codes_expires_at ON codes (expires_at);
CREATE TABLE consents (
  person VARCHAR(32) NOT NULL,
  client_id VARCHAR(256) NOT NULL,
  scope TEXT NOT NULL,
  given_at BIGINT NOT NULL,
  CONSTRAINT pk_consents PRIMARY KEY (person, client_id)
);
CREATE TABLE discord_tokens (
  id VARCHAR(32) NOT NULL,
  application VARCHAR(256) NOT NULL,
  person VARCHAR(32) NOT NULL,
  tokens TEXT NOT NULL,
  scope TEXT NOT NULL,
  expires_at BIGINT NOT NULL,
  needed_until BIGINT NOT NULL,
  sealed_by VARCHAR(32) NOT NULL,
  CONSTRAINT pk_discord_tokens PRIMARY KEY (id)
);
CREATE INDEX ix_discord_tokens_person ON discord_tokens (person);
CREATE INDEX ix_discord_tokens_sealed_by ON discord_tokens (sealed_by);
CREATE TABLE good_credentials (
  digest VARCHAR(64) NOT NULL,
  seen_at BIGINT NOT NULL,
  CONSTRAINT pk_good_credentials PRIMARY KEY (digest)
);
CREATE INDEX ix_good_credentials_seen_at ON good_credentials (seen_at);
CREATE TABLE leases (
  name VARCHAR(320) NOT NULL,
  holder VARCHAR(32) NOT NULL,
  until BIGINT NOT NULL,
  CONSTRAINT pk_leases PRIMARY KEY (name)
);
CREATE TABLE links (
  person VARCHAR(32) NOT NULL,
  application VARCHAR(256) NOT NULL,
  subject TEXT NOT NULL,
  sealed TEXT NOT NULL,
  state VARCHAR(16) NOT NULL,
  linked_at BIGINT NOT NULL,
  synced_at BIGINT NOT NULL,
  retry_at BIGINT NOT NULL,
  failures BIGINT NOT NULL,
  asked_at BIGINT NOT NULL,
  sealed_by VARCHAR(32) NOT NULL,
  CONSTRAINT pk_links PRIMARY KEY (person)
);
CREATE INDEX ix_links_sealed_by ON links (sealed_by);
CREATE INDEX ix_links_subject ON links (subject);
CREATE INDEX ix_links_synced_at ON links (synced_at);
CREATE TABLE logout_deliveries (
  id VARCHAR(32) NOT NULL,
  client_id VARCHAR(256) NOT NULL,
  person VARCHAR(32) NOT NULL,
  sid VARCHAR(64) NOT NULL,
  issuer TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  due_at BIGINT NOT NULL,
  held_until BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  refusals INTEGER DEFAULT 0 NOT NULL,
  CONSTRAINT pk_logout_deliveries PRIMARY KEY (id)
);
CREATE INDEX ix_logout_deliveries_client_id_due_at ON logout_deliveries (client_id, due_at);
CREATE INDEX ix_logout_deliveries_expires_at ON logout_deliveries (expires_at);
CREATE INDEX ix_logout_deliveries_person ON logout_deliveries (person);
CREATE TABLE memberships (
  person VARCHAR(32) NOT NULL,
  guild VARCHAR(32) NOT NULL,
  answer TEXT NOT NULL,
  asked_at BIGINT NOT NULL,
  sealed_by VARCHAR(32) NOT NULL,
  CONSTRAINT pk_memberships PRIMARY KEY (person, guild)
);
CREATE INDEX ix_memberships_asked_at ON memberships (asked_at);
CREATE INDEX ix_memberships_sealed_by ON memberships (sealed_by);
CREATE TABLE refresh_tokens (
  hash VARCHAR(64) NOT NULL,
  grant_id VARCHAR(64) NOT NULL,
  expires_at BIGINT NOT NULL,
  used_at BIGINT,
  successor TEXT,
  CONSTRAINT pk_refresh_tokens PRIMARY KEY (hash),
  CONSTRAINT fk_refresh_tokens_grant_id FOREIGN KEY (grant_id) REFERENCES grants (id) ON DELETE CASCADE
);
CREATE INDEX ix_refresh_tokens_expires_at ON refresh_tokens (expires_at);
CREATE INDEX ix_refresh_tokens_grant_id ON refresh_tokens (grant_id);
CREATE INDEX ix_refresh_tokens_used_at ON refresh_tokens (used_at) WHERE successor IS NOT NULL;
CREATE TABLE session_clients (
  session VARCHAR(32) NOT NULL,
  client_id VARCHAR(256) NOT NULL,
  sid VARCHAR(64) NOT NULL,
  first_at BIGINT NOT NULL,
  last_at BIGINT NOT NULL,
  CONSTRAINT pk_session_clients PRIMARY KEY (session, client_id),
  CONSTRAINT fk_session_clients_session FOREIGN KEY (session) REFERENCES sessions (id) ON DELETE CASCADE
);
CREATE INDEX ix_session_clients_sid ON session_clients (sid);
CREATE TABLE signing_keys (
  kid VARCHAR(256) NOT NULL,
  "key" TEXT NOT NULL,
  signs_from BIGINT NOT NULL,
  sealed_by VARCHAR(32) NOT NULL,
  lifetime BIGINT,
  CONSTRAINT pk_signing_keys PRIMARY KEY (kid)
);
CREATE TABLE watched_people (
  person VARCHAR(32) NOT NULL,
  looked_at BIGINT NOT NULL,
  CONSTRAINT pk_watched_people PRIMARY KEY (person)
);
CREATE INDEX ix_watched_people_looked_at ON watched_people (looked_at);
INSERT INTO alembic_version VALUES ('0011');
INSERT INTO grants VALUES ('the-first-grant', '1056005449054429204', '1056005449054429204', '80351110224678912', 'https://snowflake.example.com', 'openid email groups', 1800000000, 'gQAAAAAAAAAADD4QXNeN8-Z_pt6sVVSwe3cpgDsYbdbh8raGSCpIB7vYuAsfE9Z-r2JHumndSoBJlksq9ApA-M-vWlBiJQs29Hx-bfE3quqBBhF36Tl7VlZOryBGId1YlI4eeJLJ66KVZJSo10s-aqEiHuPSJDFw4M_suKrBrRHELho', NULL, 1802592000, '33bd4c05fc08c6486435454d5925c9df', 1800000000, 'email identify', NULL, false);
INSERT INTO codes VALUES ('the-first-code', true, 1800000020, 'the-first-grant', NULL, 1800000060, NULL, NULL, NULL);
INSERT INTO discord_tokens VALUES ('ebffdaaf4fd06b859880bdf99171c42f', '1056005449054429204', '80351110224678912', 'gQAAAAAAAAAAm0InrkVXminEA_WYZjhGrHot5S_r-vfKzVUbUisFFhtjc8vGzUV8F1WI0EKct1aYnEzzyO4e6zuRWgOl-kpnItcZxv3BIuiiUDyDBAJntXgVf2KXdgDJfvGUAE8PLHJtaHNySODFa_toRYD2wzrwDG-2qoRzXOvBpWS4F4e5IawntWxk5FPofvPFTbPFzX_u4Q0bT77LiuwxAw', 'email identify', 1800003600, 0, '33bd4c05fc08c6486435454d5925c9df');
INSERT INTO links VALUES ('80351110224678912', '1056005449054429204', 'subject', 'gQAAAAAAAAAAQo_Bz8Wu4lYqQsrLMygxIycS-4y774G3uQE0xOcRlpr4fNJCKV5Qcnf27mygSpJ6zNyzdZKeP6oTOmT7411mSYe2BCW2vxA3wVoT659N-pp4pqmst9-yQXPs3wSp3d3GqMjm6EEa_SJLglaIoyIurW8BcIo7gzTmaTexA39HFf6IItNIzdVKFXn_sHmI0JMjvizV-iUKgdHWoRb4_mOjvteIve3anSlmdXz2X2MxjgdmDK1brubzReXtlhirWe-0orRTRnmoBLKOsLvElSq2ZCw8HIZGhCWFAb6SBWSaI3n8j8Odm4gd9HC4DLWfMsOXLwJtNjHITiSWEe0R', 'active', 1800000000, 1800000000, 0, 0, 0, '33bd4c05fc08c6486435454d5925c9df');
INSERT INTO memberships VALUES ('80351110224678912', '', 'gQAAAAAAAAAAp7Q0eTDZHLw7yAFh8XOyxM87LiQNNdtCku9sqw7vWkGbzEmoeAe-VaiPG1PfGCG4OiySqzsH0MFyJlQ1djVHLxcpnCLNXQSqVnlX2qh8Oj19_A_jQdxmEX9-mPKtXKXdhio', 1800000000, '33bd4c05fc08c6486435454d5925c9df');
INSERT INTO refresh_tokens VALUES ('56ffaf3cd238e5c478ba5e673894031e5624387212aeb914a63b3034ba95964d', 'the-first-grant', 1802592000, NULL, NULL);
INSERT INTO signing_keys VALUES ('first', 'gQAAAAAAAAAAJqt0qt57BIAk8e3wq1rPGCMzVDvEBKp-Sag_kPJWQozfNkyVQ8mP9TyYRm92l0ChIp82mFGJFARxcwtHHqDEX38QrQAyJyGnQHhycrPya65u9cwDFOp9mSyL0WR9yVHmCd8qlZ-lRnTCp23snemzdjDVaaFvBwiVG96Ppq9B1Dph55uOXxQs6TmsUbEhtGhKUI3ArnqQIFFFqu3znOpVEJqoKc_2H_vl7cLdoxKVb8lj7XkM8pb9dHyZg6q-uNtZMgbp0ae-rUqZqaJeHhFsopcVPyYXQs8H1WRoZhTSJ6YHvP85iQ8NgRRohlTP0J-6iQHtYokAqQ4tPSCzVsZVO6aCZfZfhCiK859SCUvmHjliNLL6Gtw4l9PTc0kE27n9AIQ1Y0W8RWhFFXDAMIsMyvw2sDTW5r8gA-hCo4Vb2Yb1kkU4SUFnB6VuQtFVDKSCmi6gdbUP9r7QYz00nbekvhxyAkpsewIGMXk-QPS9ScqkVh2UNldph54MBgtFh_7VU8aAAdHx2UDTRmlfVpeyIVF50645MFiZeA2SWrFdTclQ99HZruW2HdtyozgcMaKSptL3DvDy_Mm0HW1qhRrnV3xMR4ote8CeETNLl6SeUpHkf4ujhzuaZoNlRPQwJjxKKuwlGYtFzIWaw1trK8i0-2V14UKJgHzBk0jS1TleMOnYBJGE4i7BMQsHuW0x_WmzpHsXhCnL6kmK7aYoljMLRFGkn-0OKYGphOuk9DA9oU9KuGQ5jU4QQnjxGhJl_RCb6lhPbWnnxIJpxwtcq7C0g63zgRLVTJeD3XYa8XMCtIegGg_LRPdY4G-HRM16KAlofFkqRsFTfFVQzpGjfonnZSeCo-WGd1ptOC65o5XOmsieVXiqZ-iI5FE4j1iZF6Ags8-KT_M1O1LHWHMNMHHiJzFMzSCljWO3v6YrFWzkQEPVVpv-ZyTDJCahEn9W2GWirGuFq5MGN6d8Mu70rRd6TG2o3kKLTmmR6P6Mcu-Dbtx1hQBFzZAf9EEmwrM_G8b7URxazieMed61H380MON7KqDV0N6B9Crg8j8y3JfIuoqDweY8jl05445c69l_uPhJggTvLnXTEjQWWD3zxExC_YHcDV5W6S9OkkGoqI-HP_yEe05zaWuSG62xcxrD2QHnPxMVQaw22T0vVJLo2UF9-188Jt2NYrXj1uLsyOjCNRtxGyEoPRJDdqKjFHSYUu6eziM3i824zlU9zqfiyb6IZmAqs-qNcp52n-ogprvChkIAa_BHK35mr5lq9-UTkgdu9mKmCeau4TPJ2C90smrb5DiPxi83J-_e0aUZf4sa55R_CTsyBYEqU1c1kMA1WZvYJVg4CexY8JYchkfcVCv5oRRJyD_FNm3OG2PWaRCMyP6MhqwZwynei9F3ZCogEkLOnQdlTZYGTWaBYatkeWD9i_yByaWYXQpBvV6Z53k3P2787mcXu37yW1Wvoima4FrGTI9N-kafjGqPOxXDXcEs7J6_YRVpyyizpc5u_Mzaa_d4F3yTmhhaeyQdrVAWtWxd8yZpsZtME2s5Ljb_OTgvwyBJ-Wsi6ByNKvQe4OyEylUq29eymFbGQfrFFINK2nHx7qUb9U3WyAi6-w0Zn5GG-TLjfL90JhCbXXcDrKL3T3TQpII6aB5V9jCzk_9gDCKzso7lJtpcNGWst5dnL-iWWeu8FR0kJVsSgPNbI8D20S50j43iJm97q3qpWmDXc9MSP3jbLCODspJF5ieBMBNKB3QaXjX0n1VkMR0Vm_jl3271wV99Nz2YViA6dOg4JH6ugq9EkULmoeNDBpzFTwDIXnHFz2zyRIUsvgtJoQ8cvPwtoEEPQCnFZqWaoH_kib9p79tVMPCrHAqFqvknVuJlPeV4U7y7Tx33IhmVLkxHc443CXdIC1mmosJ67PioGQv33KgmzqKJaxlk0RlVlnnD-pyB6i-xWVBD1CewkXEV5d4GZsSPvqx4J4LIYCrSnDdtTzE9KLgoBOky_zBU2ORi1U_6GlHn8khZNvxyvRPZfWAFdPDNY7WBAnFUw6mC13200sM5sOhq43MHvF91fyZYWA0dcq8E3G5c50nH2FTSaXK_rRYF8GGBSMY-W8Dw5qfIWjc_f7bpkMm9el6hGiELzNKIef15WFTaZquXeORKWhXAAVmR_rdn4ZY116XqVNzRECxoxq9J7abUslvwhsrVcV7FwjOdsQ8afbe1EKMi_GblXCh36G2lHHTjiLLyI71qD437LSRyhPVD_hG_KMDaCCBBilt29tk5itogCpKiGEM0Ei3iK8yEgk1J60yObIoh09uYtVSz8iXYwwYg4BHb7Y_prQkWHekRqLXkcYfzaeFOQGa0ic3qqomUgmWvQuy8e5ghemFdhFvhk1qo30s6Rjd_AQk', 1800000000, '33bd4c05fc08c6486435454d5925c9df', NULL);
