/* SPDX-License-Identifier: MIT
 * The accounts port's promises: uniqueness, compare-and-set, and that an ended session stays so. */
#include "tests/contract/account_contract.h"

#include <apr_thread_proc.h>
#include <stdlib.h>

enum { CROWD = 20 };
#define T0 apr_time_from_sec(1790000000)

shop_account_repo_t *(*shop_account_contract_store)(void);
static shop_account_repo_t *repo;

static void begin(void)
{
    repo = shop_account_contract_store();
}

static const char *id_of(int n)
{
    return apr_psprintf(t_pool, "65a0000000000000000%05x", n);
}

static shop_user_t *user_made(int n, const char *username, const char *email)
{
    shop_user_t *user = apr_pcalloc(t_pool, sizeof(*user));

    user->id = id_of(n);
    user->username = user->username_key = username;
    user->email = user->email_key = email;
    user->password_hash = "$argon2id$none";
    user->role = "user";
    user->created_at = user->updated_at = T0;
    user->rev = 1;
    return user;
}

static shop_session_t *session_made(const char *id, int owner)
{
    shop_session_t *session = apr_pcalloc(t_pool, sizeof(*session));

    session->id = id;
    session->user_id = id_of(owner);
    session->role = "user";
    session->current = "first";
    session->created_at = T0;
    session->expires_at = T0 + apr_time_from_sec(600);
    session->absolute_at = T0 + apr_time_from_sec(6000);
    return session;
}

static shop_error_t *rotate(bool *rotated, const char *id, const char *next, const char *role,
                            int expires_s, apr_pool_t *pool)
{
    shop_rotation_t rotation = { .old = "first",
                                 .next = next,
                                 .role = role,
                                 .rotated_at = T0 + apr_time_from_sec(7),
                                 .expires_at = T0 + apr_time_from_sec(expires_s) };

    return repo->session_rotate(rotated, repo, id, &rotation, pool);
}

static void what_was_inserted_is_found(void)
{
    shop_user_t *in = user_made(1, "ann", "ann@example.com"), *out;

    begin();
    in->email_verified = true;
    T_OK(repo->insert(repo, in, t_pool));
    T_OK(repo->find(&out, repo, in->id, t_pool));
    T_TRUE(out != NULL);
    if (!out) {
        return;
    }
    T_STR(out->id, in->id);
    T_STR(out->username, "ann");
    T_STR(out->email, "ann@example.com");
    T_STR(out->password_hash, in->password_hash);
    T_STR(out->role, "user");
    T_TRUE(out->email_verified);
    T_TRUE(!out->disabled);
    T_INT(out->created_at, T0);
    T_INT(out->updated_at, T0);
    T_INT(out->rev, 1);
    T_OK(repo->find_by_email(&out, repo, "ann@example.com", t_pool));
    T_STR(out ? out->id : NULL, in->id);
}

static void absent_things_are_null(void)
{
    shop_user_t *user = user_made(1, "x", "x");
    shop_session_t *session = session_made("x", 1);

    begin();
    T_OK(repo->find(&user, repo, id_of(77), t_pool));
    T_TRUE(user == NULL);
    user = user_made(1, "x", "x");
    T_OK(repo->find_by_email(&user, repo, "nobody@example.com", t_pool));
    T_TRUE(user == NULL);
    T_OK(repo->session_find(&session, repo, "none", t_pool));
    T_TRUE(session == NULL);
    T_OK(repo->session_revoke(repo, "none", t_pool));
}

static void names_are_unique(void)
{
    shop_user_t *out;

    begin();
    T_OK(repo->insert(repo, user_made(1, "ann", "ann@example.com"), t_pool));
    T_ERR(repo->insert(repo, user_made(2, "bob", "ann@example.com"), t_pool), EMAIL_TAKEN);
    T_ERR(repo->insert(repo, user_made(3, "ann", "bob@example.com"), t_pool), USERNAME_TAKEN);
    /* The server's text quotes the value: it must not be taken for the index. */
    T_OK(repo->insert(repo, user_made(4, "users_email_key", "users_username_key@example.com"),
                      t_pool));
    T_ERR(repo->insert(repo, user_made(5, "users_email_key", "e@example.com"), t_pool),
          USERNAME_TAKEN);
    T_ERR(repo->insert(repo, user_made(6, "f", "users_username_key@example.com"), t_pool),
          EMAIL_TAKEN);
    T_OK(repo->find(&out, repo, id_of(2), t_pool));
    T_TRUE(out == NULL);
}

static void an_update_needs_the_revision_before_it(void)
{
    shop_user_t *user = user_made(1, "carol", "carol@example.com"), *out;
    bool done = false;

    begin();
    T_OK(repo->insert(repo, user, t_pool));
    user->rev = 2;
    user->username = user->username_key = "caroline";
    user->role = "admin";
    user->disabled = true;
    user->password_hash = "$argon2id$other";
    T_OK(repo->update(&done, repo, user, t_pool));
    T_TRUE(done);
    T_OK(repo->update(&done, repo, user, t_pool));
    T_TRUE(!done);
    T_OK(repo->find(&out, repo, user->id, t_pool));
    T_STR(out->username, "caroline");
    T_STR(out->role, "admin");
    T_STR(out->password_hash, "$argon2id$other");
    T_TRUE(out->disabled);
    T_INT(out->rev, 2);
    T_INT(out->created_at, T0);
    user = user_made(9, "none", "none@example.com");
    user->rev = 2;
    T_OK(repo->update(&done, repo, user, t_pool));
    T_TRUE(!done);
}

static void an_update_cannot_take_anothers_name(void)
{
    shop_user_t *bob = user_made(2, "bob", "bob@example.com"), *out;
    bool done = true;

    begin();
    T_OK(repo->insert(repo, user_made(1, "ann", "ann@example.com"), t_pool));
    T_OK(repo->insert(repo, bob, t_pool));
    bob->rev = 2;
    bob->email = bob->email_key = "ann@example.com";
    T_ERR(repo->update(&done, repo, bob, t_pool), EMAIL_TAKEN);
    T_TRUE(!done);
    bob->email = bob->email_key = "bob@example.com";
    bob->username = bob->username_key = "ann";
    T_ERR(repo->update(&done, repo, bob, t_pool), USERNAME_TAKEN);
    T_TRUE(!done);
    T_OK(repo->find(&out, repo, bob->id, t_pool));
    T_STR(out->username, "bob");
    T_INT(out->rev, 1);
}

static void bootstrap_is_claimed_once(void)
{
    bool claimed = false;

    begin();
    T_OK(repo->claim_bootstrap(&claimed, repo, t_pool));
    T_TRUE(claimed);
    T_OK(repo->claim_bootstrap(&claimed, repo, t_pool));
    T_TRUE(!claimed);
    T_OK(repo->release_bootstrap(repo, t_pool));
    T_OK(repo->claim_bootstrap(&claimed, repo, t_pool));
    T_TRUE(claimed);
}

static void bootstrap_is_not_for_a_shop_with_an_admin(void)
{
    shop_user_t *admin = user_made(1, "root", "root@example.com");
    bool claimed = true;

    begin();
    admin->role = "admin";
    T_OK(repo->insert(repo, admin, t_pool));
    T_OK(repo->claim_bootstrap(&claimed, repo, t_pool));
    T_TRUE(!claimed);
}

static void a_session_turns_by_compare_and_set(void)
{
    shop_session_t *out;
    bool rotated = false;

    begin();
    T_OK(repo->session_insert(repo, session_made("s1", 1), t_pool));
    T_OK(repo->session_find(&out, repo, "s1", t_pool));
    T_STR(out->current, "first");
    T_STR(out->previous, NULL);
    T_STR(out->user_id, id_of(1));
    T_INT(out->absolute_at, T0 + apr_time_from_sec(6000));
    T_INT(out->rotated_at, 0);
    T_OK(rotate(&rotated, "s1", "second", "admin", 900, t_pool));
    T_TRUE(rotated);
    T_OK(rotate(&rotated, "s1", "third", "user", 999, t_pool));
    T_TRUE(!rotated);
    T_OK(repo->session_find(&out, repo, "s1", t_pool));
    T_STR(out->current, "second");
    T_STR(out->previous, "first");
    T_STR(out->role, "admin");
    T_INT(out->rotated_at, T0 + apr_time_from_sec(7));
    T_INT(out->expires_at, T0 + apr_time_from_sec(900));
    T_INT(out->absolute_at, T0 + apr_time_from_sec(6000));
    T_TRUE(!out->revoked);
    T_OK(rotate(&rotated, "none", "x", "user", 0, t_pool));
    T_TRUE(!rotated);
}

static void an_ended_session_stays_ended(void)
{
    shop_session_t *out;
    bool rotated = true;

    begin();
    T_OK(repo->session_insert(repo, session_made("s1", 1), t_pool));
    T_OK(repo->session_revoke(repo, "s1", t_pool));
    T_OK(repo->session_revoke(repo, "s1", t_pool));
    T_OK(rotate(&rotated, "s1", "second", "user", 0, t_pool));
    T_TRUE(!rotated);
    T_OK(repo->session_find(&out, repo, "s1", t_pool));
    T_TRUE(out->revoked);
    T_STR(out->current, "first");
}

static bool is_revoked(const char *id)
{
    shop_session_t *session = NULL;

    T_OK(repo->session_find(&session, repo, id, t_pool));
    return session && session->revoked;
}

static void all_other_sessions_of_a_user_end(void)
{
    apr_array_header_t *ids = NULL;
    bool b = false, c = false;

    begin();
    for (int i = 0; i < 4; i++) {
        T_OK(repo->session_insert(repo, session_made(apr_psprintf(t_pool, "s%d", i), 1), t_pool));
    }
    T_OK(repo->session_insert(repo, session_made("other", 2), t_pool));
    T_OK(repo->session_revoke(repo, "s0", t_pool));
    T_OK(repo->session_revoke_user(&ids, repo, id_of(1), "s1", t_pool));
    T_INT(ids->nelts, 2);
    for (int i = 0; i < ids->nelts; i++) {
        b = b || !strcmp(APR_ARRAY_IDX(ids, i, const char *), "s2");
        c = c || !strcmp(APR_ARRAY_IDX(ids, i, const char *), "s3");
    }
    T_TRUE(b && c);
    T_TRUE(!is_revoked("s1"));
    T_TRUE(is_revoked("s2") && is_revoked("s3"));
    T_TRUE(!is_revoked("other"));
    T_OK(repo->session_revoke_user(&ids, repo, id_of(1), NULL, t_pool));
    T_INT(ids->nelts, 1);
    T_STR(APR_ARRAY_IDX(ids, 0, const char *), "s1");
}

/* ---- crowds ---- */

typedef struct runner_t {
    int n;
    int won;
    int refused;
} runner_t;

typedef void (*job_t)(runner_t *runner, apr_pool_t *pool);
static job_t job;

static void *APR_THREAD_FUNC run(apr_thread_t *thread, void *data)
{
    job(data, apr_thread_pool_get(thread));
    return NULL;
}

static void crowd(job_t what, int *won, int *refused)
{
    apr_thread_t *threads[CROWD];
    runner_t runners[CROWD] = { { 0 } };
    apr_status_t status;

    *won = *refused = 0;
    job = what;
    for (int i = 0; i < CROWD; i++) {
        runners[i].n = i;
        if (apr_thread_create(&threads[i], NULL, run, &runners[i], t_pool) != APR_SUCCESS) {
            abort();
        }
    }
    for (int i = 0; i < CROWD; i++) {
        apr_thread_join(&status, threads[i]);
        *won += runners[i].won;
        *refused += runners[i].refused;
    }
}

static void insert_one(runner_t *runner, apr_pool_t *pool)
{
    shop_user_t user = { .id = apr_psprintf(pool, "65b0000000000000000%05x", runner->n),
                         .email = "crowd@example.com",
                         .email_key = "crowd@example.com",
                         .password_hash = "x",
                         .role = "user",
                         .created_at = T0,
                         .updated_at = T0,
                         .rev = 1 };
    shop_error_t *err;

    user.username = user.username_key = apr_psprintf(pool, "crowd%d", runner->n);
    err = repo->insert(repo, &user, pool);
    runner->won = !err;
    runner->refused = err && err->code == SHOP_EMAIL_TAKEN;
}

static void claim_one(runner_t *runner, apr_pool_t *pool)
{
    bool claimed = false;
    shop_error_t *err = repo->claim_bootstrap(&claimed, repo, pool);

    runner->won = !err && claimed;
    runner->refused = !err && !claimed;
}

static void rotate_one(runner_t *runner, apr_pool_t *pool)
{
    bool rotated = false;
    shop_error_t *err =
        rotate(&rotated, "s1", apr_psprintf(pool, "n%d", runner->n), "user", 600, pool);

    runner->won = !err && rotated;
    runner->refused = !err && !rotated;
}

static void of_a_crowd_one_wins(void)
{
    static const job_t jobs[] = { insert_one, claim_one, rotate_one };
    int won, refused;

    begin();
    T_OK(repo->session_insert(repo, session_made("s1", 1), t_pool));
    for (size_t i = 0; i < sizeof(jobs) / sizeof(jobs[0]); i++) {
        crowd(jobs[i], &won, &refused);
        T_INT(won, 1);
        T_INT(refused, CROWD - 1);
    }
}

const shop_test_t shop_account_contract[] = {
    SHOP_TEST(what_was_inserted_is_found, "what was inserted is found"),
    SHOP_TEST(absent_things_are_null, "absent things are NULL, not errors"),
    SHOP_TEST(names_are_unique, "e-mail and username are unique"),
    SHOP_TEST(an_update_needs_the_revision_before_it, "an update needs the revision before it"),
    SHOP_TEST(an_update_cannot_take_anothers_name, "an update cannot take another's name"),
    SHOP_TEST(bootstrap_is_claimed_once, "the first admin is claimed once"),
    SHOP_TEST(bootstrap_is_not_for_a_shop_with_an_admin,
              "a shop with an admin has no first admin to claim"),
    SHOP_TEST(a_session_turns_by_compare_and_set, "a session turns by compare-and-set"),
    SHOP_TEST(an_ended_session_stays_ended, "an ended session stays ended"),
    SHOP_TEST(all_other_sessions_of_a_user_end, "all other sessions of a user end, and are named"),
    SHOP_TEST(of_a_crowd_one_wins, "of twenty at once one wins and nineteen are told so"),
    SHOP_TEST_END,
};
