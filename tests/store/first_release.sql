-- A database as the first release of the schema made it, with one login in it. It is never changed.
CREATE TABLE alembic_version (
  version_num VARCHAR(32) NOT NULL,
  CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
CREATE TABLE codes (
  id VARCHAR(64) NOT NULL,
  spent BOOLEAN NOT NULL,
  reserved_until BIGINT NOT NULL,
  grant_id VARCHAR(64),
  exchanged TEXT,
  expires_at BIGINT NOT NULL,
  CONSTRAINT pk_codes PRIMARY KEY (id)
);
CREATE INDEX ix_codes_expires_at ON codes (expires_at);
CREATE TABLE discord_tokens (
  application VARCHAR(256) NOT NULL,
  person VARCHAR(32) NOT NULL,
  tokens TEXT NOT NULL,
  scope TEXT NOT NULL,
  expires_at BIGINT NOT NULL,
  sealed_by VARCHAR(32) NOT NULL,
  CONSTRAINT pk_discord_tokens PRIMARY KEY (application, person)
);
CREATE INDEX ix_discord_tokens_person ON discord_tokens (person);
CREATE INDEX ix_discord_tokens_sealed_by ON discord_tokens (sealed_by);
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
  CONSTRAINT pk_grants PRIMARY KEY (id)
);
CREATE INDEX ix_grants_expires_at ON grants (expires_at);
CREATE INDEX ix_grants_person ON grants (person);
CREATE INDEX ix_grants_sealed_by ON grants (sealed_by);
CREATE TABLE leases (
  name VARCHAR(320) NOT NULL,
  holder VARCHAR(32) NOT NULL,
  until BIGINT NOT NULL,
  CONSTRAINT pk_leases PRIMARY KEY (name)
);
CREATE TABLE signing_keys (
  kid VARCHAR(256) NOT NULL,
  key TEXT NOT NULL,
  signs_from BIGINT NOT NULL,
  sealed_by VARCHAR(32) NOT NULL,
  CONSTRAINT pk_signing_keys PRIMARY KEY (kid)
);
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
INSERT INTO alembic_version VALUES ('0001');
INSERT INTO grants VALUES ('the-first-grant', '1056005449054429204', '1056005449054429204', '80351110224678912', 'https://snowflake.example.com', 'openid email groups', 1800000000, 'gAAAAAAAAAAAKNUS3E27SJqasJpGTCXgpQb2QytZjcQ6_viLt6qMpuqOMag-saxEfM5FuqrkC3opSN0Nr5W-tgpqHg_DikVFeL5qnxLItKobriPpM4ZlJGq1GPJ1AU_CmWxS-nE4J_zIlcsXqvf-eLIOA0FaobzHnjEtnojZ0rrVOAIca8iR6SDm1eqMDVD2z4ASIFpF97LP', NULL, 1802592000, '33bd4c05fc08c6486435454d5925c9df');
INSERT INTO codes VALUES ('the-first-code', true, 1800000030, 'the-first-grant', NULL, 1800000060);
INSERT INTO refresh_tokens VALUES ('56ffaf3cd238e5c478ba5e673894031e5624387212aeb914a63b3034ba95964d', 'the-first-grant', 1802592000, NULL, NULL);
INSERT INTO discord_tokens VALUES ('1056005449054429204', '80351110224678912', 'gAAAAAAAAAAA5StCR52BK7_VGy9Ws1Of2mK3nNrosUM8NBU1y36XQrzB7IpsXGN82v3XpzEy7N6o6A0cwDatjNP4WvB4MpFgKXNLgZ166x-btVZ48U4UZNBZvkhfO7PSkY_AS4CKUIpauvpowRyklNjyw22xd6-QB_wnUPllqZhYV87qNSwLLBqaGuqkIcEIJgIL0xH5uh9iT3fuhGj51fbwaFBgxpQ6cA==', 'email guilds identify', 1800604800, '33bd4c05fc08c6486435454d5925c9df');
INSERT INTO signing_keys VALUES ('first', 'gAAAAAAAAAAAe7GDb1jBvn_QJDy9UVUaQToAcfd1vUhyBtE8AXdjWbaY2Og1czG_Ad7w2KtHVh_ANFwv_OGVDlEyOZXXM7rFDkRfTQsNf7JZClo1pv4VR7xSZcZRJx-jfrxCphgcKO0L7v3jq1NR_bWJR-CXaizW8Keo0TtuJcHyJgXWeJdLqqM_B2lyWvhQFVHnduZ2SHLs-18UNZes_iUF57QTIe63jvh8FYDZoAiQwUZNrHnnYLcND_nVRF9KT9DpB1pLmHtZd31bHIXNzQIcysH5UFOUs8Njo9X1NurGOsA48Cv_RUeKP9FNVoqr4GAkhVOX9sLXpfHm5To5YkRi4ZkdxIVQ4O7jFjEdagCIY70-s3UscYwphw4uWiVdP74g_OQJHnS0QGpF4O47WWvvy67W_1b18H2xBvJBrs6GH7vcQVFuA7yCn36l-slpcax031wCMtAU3i5BYBVmMuGkmJCb_ngbo7IZKcLzNLeobfvbfcnMKJfoBetxrHZH_50z5e0K54G5YLjCo6F4acMXLiSwX62RACwwQxGKawh-28UGNAjFhQ6X-0kBmgGE7lP8eFt8S7-csalDQQln8DeOH4B0G6GCmlchV7RAJlnbcfelCYeb3bXJzFNSzV6MtpserrKNiXNZe9L5TqldysvUH8ubzW8Hbhk_-d2gLwyYJOUfihsUjymPv3itz8QaNS5C2qpW3SgPhtqtGEnVt9WPEkmTQ4eeq9YzslN04P84Xu54Fc7ZpWfjjAwIZTuvzRPrF5sJKVc_9rxUfR6W_MsFAQ9LDQRL2cvY22TCggmFN1o3yoV3MgggRBpGVtGDBm_r_gDUpi5SkFtKGzFCNouUj2mCXuYsh2LsXfKWQD_azSWKIJ9-jKSMfu8Volv1NmXZIrwjtih9LTaC_DBOAW71OqdwfXUEurJnIbBibeNR_2EbpZIknxbj6Ys8hug-42qC49F-ev6v9OEn5l0DnTv6BFMgsplmfN2Na5VSU1xXnEYC_kDL_chzejVUz0syJSCLVrdlCq1PHuCt0YvN6pxqjDwmx8EiC97aUSiN6GzTZjvrSZj420lnEhrjZekI1AA9Tl9rPFM1QTT4rP_zMuQyNyhmjIh90azzPv2Ll6XUqNMhuYfgtIGBbB_1OP0wJf9Tqo0RchOqfWkvZesk2puH4OIHY4s05jphhDFIGSa8pzf6K3TPXm9kA8-eI6NnVhAXFOb68i7X9sp5rV_GWK301w9MANLD9Of5P4JFvNWAt6mLVpYFq1H7BYyah76ZDRbgICmSb2lhwixmtygstpgxzatB9X_zHis_Ph1VxEMMlrb49w_GXMC--1K7cDo_8p8L6VscIwt6aUfGRHzGZi2fuIQ6cZMjw6AKRQoAyHFTcFMx7IJWB5f4eCEO5L1tiE1TnKiJxD5gINJQFBaCgJFBdOgAcHUPQTcyA9S2KZRAXZosALupy7GDq-_9uAMVGoHjvNxreGtMEiwndg4KLLtUARsS_jKflXPmA7zCpZpReRmr7YUUHDaktMOmIKfsJigYFHB5ZmKzG5tCVTNKwuD6Ar79QXvRwHhigWLr8QsJvaoGwdws58sb0kaiF6WyyWLVmnswdRbRly-lvCMvacsPGZveQUc0_hZJOLjHJDq35JdljIGLSbbhxlLErBL8lit84fcLyF5eSLgyKIgxI1G_K7Q0sPrGVCl9170Arh3YNxxRmSGRFIdiALb-DAdmeqUxQA8wfTt4rnToX8YD2zxMp3IHmvOkhFSq4DPLjpMxKx-AvEpXqbr8F780hJLnp8ZbHFQgcAMZzGBLL2xb3YNa_dgWfnVQjskkFLf6YeI1gkLpy9qmJGFzJ-p4mB9PxxzJAJkegvLi_qPWz5a_R2U7rL-lyQl2y0Vq0h3VQ7xkuHFyWA07vWf77GvQz6qryMupwUCqwGv5J9BBaKt6VjVhXObTQtp5CFYnHQm5g-nKAkgL0zOQjsgZW7jUJwoY4-Xzs4pdnJb7mg88Z6IEMiHhuYxjBmTGS0uHIuON8aeyPL2XoIwzhvlCnJqUitLH9sDf7V1EY5sPU5n8kxiE31L5gZk2MjK3u8sFwhv1Mh1cIGxbqKeD0PKQWY9uBtrRnPYDUgYGh-gRnWAsR37eS_60Gf49xj18w_CeTc83Nm62aLw5Yshs_Khpqz-9vUL-BmXslrEA7Aculh4ZHbDsBTBF4PFE3tmLTWKwhvVYKh1u6_DV136KIrG1FLeTjGXfmwZbpB-X_ok5hbwcF2s-27VQRTbqr9BnvmXgjC50I8YfoPubUG7caJ0iurmszss4wJbR62MWnj3d39vlnX78p8smEYcSiJDQeF5mSdfW2tk-mYqHcV1X6rcCX5YKdzVw31TyFyjgLFh1AgKYi63E2veXf403bgJ8Iw==', 1800000000, '33bd4c05fc08c6486435454d5925c9df');
