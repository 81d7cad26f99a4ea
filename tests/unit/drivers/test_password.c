/* SPDX-License-Identifier: MIT
 * Password hashes: ours, those taken over from Werkzeug, and the bound on how many run at once. */
#include <apr_thread_proc.h>
#include <semaphore.h>
#include <stdlib.h>
#include <time.h>

#include "mod_shop/base/clock.h"
#include "mod_shop/drivers/password.h"
#include "tests/kit/harness.h"

enum { MEMORY_KIB = 64, SLOTS = 2 };

static shop_hasher_t *hasher_of(int64_t memory_kib, int passes, int slots)
{
    shop_hasher_t *hasher = NULL;

    T_OK(shop_hasher_create(&hasher, memory_kib, passes, slots, t_pool));
    return hasher;
}

static void check(shop_hasher_t *hasher, const char *hash, const char *password, bool matches,
                  bool rehash, const char *what)
{
    bool is = !matches, again = !rehash;
    shop_error_t *err = shop_hasher_verify(&is, &again, hasher, hash, password, t_pool);

    t_assert(!err && is == matches && again == rehash, __LINE__, __FILE__,
             "%s: wanted %d %d, got %d %d (%s)", what, matches, rehash, is, again,
             err ? err->detail : "ok");
}

static void a_hash_matches_its_password_only(void)
{
    static const char *const passwords[] = { "correct horse", "", "päss wörd \xf0\x9f\x94\x91",
                                             " leading and trailing ", "%s%n" };
    shop_hasher_t *hasher = hasher_of(MEMORY_KIB, 1, SLOTS);

    for (size_t i = 0; i < sizeof(passwords) / sizeof(passwords[0]); i++) {
        const char *hash = NULL;

        T_OK(shop_hasher_hash(&hash, hasher, passwords[i], t_pool));
        check(hasher, hash, passwords[i], true, false, "the password itself");
        check(hasher, hash, apr_pstrcat(t_pool, passwords[i], "x", NULL), false, false, "one more");
        check(hasher, hash, "Correct horse", false, false, "another");
    }
}

/* As macOS sends it, and with an ideographic space. */
#define COMPOSED "p\xc3\xa4ssw\xc3\xb6rd xy"
#define DECOMPOSED "pa\xcc\x88sswo\xcc\x88rd xy"
#define WIDE_SPACE "p\xc3\xa4ssw\xc3\xb6rd\xe3\x80\x80xy"

static void a_password_is_the_same_in_every_normal_form(void)
{
    static const char *const forms[] = { COMPOSED, DECOMPOSED, WIDE_SPACE };
    shop_hasher_t *hasher = hasher_of(MEMORY_KIB, 1, SLOTS);

    for (size_t i = 0; i < 3; i++) {
        const char *hash = NULL;

        T_OK(shop_hasher_hash(&hash, hasher, forms[i], t_pool));
        for (size_t k = 0; k < 3; k++) {
            check(hasher, hash, forms[k], true, false, forms[k]);
        }
        check(hasher, hash, "P\xc3\xa4ssw\xc3\xb6rd xy", false, false, "case counts");
        check(hasher, hash, "passw\xc3\xb6rd xy", false, false, "marks count");
    }
}

/* Werkzeug hashed the bytes as they came; so did this shop at first. Python's hashlib:
 * pbkdf2_hmac("sha256", "pa\u0308sswo\u0308rd xy".encode(), b"salt", 1000) */
static void a_hash_of_other_bytes_matches_them_and_asks_for_a_new_one(void)
{
    static const char hash[] = "pbkdf2:sha256:1000$salt$"
                               "4ead8c739ecebbbb3fdd45590da5691aec8ef9aee9e17aac4c6f0a8b5e837eee";
    shop_hasher_t *hasher = hasher_of(MEMORY_KIB, 1, SLOTS);

    check(hasher, hash, DECOMPOSED, true, true, "the bytes it was made of");
    check(hasher, hash, COMPOSED, false, true, "the normal form alone");
    check(hasher, hash, "pa\xcc\x88sswo\xcc\x88rd xz", false, true, "another");
    check(hasher, NULL, DECOMPOSED, false, false, "nobody's");
}

static void every_byte_of_a_long_password_counts(void)
{
    char a[1025], b[1025];
    const char *hash = NULL;
    shop_hasher_t *hasher = hasher_of(MEMORY_KIB, 1, SLOTS);

    memset(a, 'a', 1024);
    a[1024] = '\0';
    T_OK(shop_hasher_hash(&hash, hasher, a, t_pool));
    check(hasher, hash, a, true, false, "1024 bytes");
    for (size_t i = 0; i < 3; i++) {
        static const size_t at[] = { 72, 73, 1023 };

        memcpy(b, a, sizeof(a));
        b[at[i]] = 'b';
        check(hasher, hash, b, false, false, "one byte differs");
        b[at[i]] = '\0';
        check(hasher, hash, b, false, false, "cut");
    }
}

static void a_hash_says_how_it_was_made(void)
{
    const char *one = NULL, *two = NULL;
    shop_hasher_t *hasher = hasher_of(19456, 2, SLOTS);

    T_OK(shop_hasher_hash(&one, hasher, "correct horse", t_pool));
    T_OK(shop_hasher_hash(&two, hasher, "correct horse", t_pool));
    T_TRUE(one && !strncmp(one, "$argon2id$v=19$m=19456,t=2,p=1$", 31));
    T_TRUE(one && two && strcmp(one, two) != 0);
}

static void other_parameters_ask_for_a_new_hash(void)
{
    shop_hasher_t *weak = hasher_of(MEMORY_KIB, 1, SLOTS);
    shop_hasher_t *strong = hasher_of(MEMORY_KIB * 2, 2, SLOTS);
    const char *hash = NULL;

    T_OK(shop_hasher_hash(&hash, weak, "correct horse", t_pool));
    check(strong, hash, "correct horse", true, true, "weaker than wanted");
    check(weak, hash, "correct horse", true, false, "as wanted");
}

/* Made by Python's hashlib in the form werkzeug.security writes. */
#define SCRYPT_ASCII                                                   \
    "scrypt:32768:8:1$Nq3kT9bQzLw0aXyZ$"                               \
    "ac09897f8316a5d71a7eb066ab2593dbb9378973ef10e2c4dc7ac972ff3ea54c" \
    "bf3af394c44d51e34c5f4f19665ea1bd4940cb6ce877ec2064bbe078db0529c4"
#define SCRYPT_UTF8                                                    \
    "scrypt:32768:8:1$aaaaBBBBccccDDDD$"                               \
    "79ab052f5a796c7be79ea98851a7221f4958bf7c96c82749237c8590b90254e5" \
    "9b958977afea7668f2c3ad5c5c0c77fe571901399962aefa94df49b6f1e10cb7"
#define SCRYPT_OTHER_COSTS                                             \
    "scrypt:1024:4:2$S$"                                               \
    "91108e17d4ab12cdc9a721bf4692cdca777fbb46215297459485d6c8fa8552bd" \
    "eb06dbc8d77608afacbcebb62575ade2ee424db79124f412e7f1054774aa05e3"
#define PBKDF2_ASCII                       \
    "pbkdf2:sha256:1000$Nq3kT9bQzLw0aXyZ$" \
    "3fb2658c19bd2ec0e05ea786cb28563e185e466e0dd3ee534e65c012fb2b3abe"
#define PBKDF2_UTF8                  \
    "pbkdf2:sha256:260000$saltsalt$" \
    "bd1434b9afef2b2e3973f5512bcef33624b3b4b77f602c91f657f757bc2259d5"
#define PBKDF2_ONE_ROUND \
    "pbkdf2:sha256:1$s$" \
    "372cc9815244c4a2b75955b1358cde090d9c122d1a7de302a904e04d35ba6b06"

static void werkzeugs_hashes_are_taken_over(void)
{
    static const char utf8[] = "päss wörd \xf0\x9f\x94\x91";
    static const struct {
        const char *hash, *password;
    } cases[] = {
        { SCRYPT_ASCII, "correct horse" }, { SCRYPT_UTF8, utf8 },
        { PBKDF2_ASCII, "correct horse" }, { PBKDF2_UTF8, utf8 },
        { PBKDF2_ONE_ROUND, "p" },
    };
    shop_hasher_t *hasher = hasher_of(MEMORY_KIB, 1, SLOTS);
    char x[257];

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        check(hasher, cases[i].hash, cases[i].password, true, true, cases[i].hash);
        check(hasher, cases[i].hash, "wrong password", false, true, cases[i].hash);
        check(hasher, cases[i].hash, "", false, true, cases[i].hash);
    }
    memset(x, 'x', 256);
    x[256] = '\0';
    check(hasher, SCRYPT_OTHER_COSTS, x, true, true, "other costs, 256 characters");
    check(hasher, SCRYPT_OTHER_COSTS, x + 1, false, true, "other costs, 255 characters");
}

static void damaged_hashes_match_nothing(void)
{
    static const char *const hashes[] = {
        "",
        "x",
        "plain",
        "correct horse",
        "$argon2id$",
        "$argon2id$v=19$m=64,t=1,p=1$$",
        "$argon2id$v=19$m=99999999,t=1,p=1$c2FsdHNhbHQ$aGFzaA",
        "scrypt:",
        "scrypt:32768:8:1",
        "scrypt:32768:8:1$",
        "scrypt:32768:8:1$$",
        "scrypt:32768:8:1$salt$",
        "scrypt:0:8:1$s$00",
        "scrypt:3:8:1$salt$ac09897f8316a5d71a7eb066ab2593dbb9378973ef10e2c4dc7ac972ff3ea54c"
        "bf3af394c44d51e34c5f4f19665ea1bd4940cb6ce877ec2064bbe078db0529c4",
        "scrypt:1048576:64:16$salt$ac09897f8316a5d71a7eb066ab2593dbb9378973ef10e2c4dc7ac972ff3ea5"
        "4cbf3af394c44d51e34c5f4f19665ea1bd4940cb6ce877ec2064bbe078db0529c4",
        "scrypt:99999999999999999999:8:1$salt$00",
        "scrypt:-1:8:1$salt$00",
        SCRYPT_ASCII "00",
        "pbkdf2:sha256:1000",
        "pbkdf2:sha256:0$s$00",
        "pbkdf2:md5:1000$s$00",
        "pbkdf2:sha256:99999999999$s$"
        "372cc9815244c4a2b75955b1358cde090d9c122d1a7de302a904e04d35ba6b06",
        "pbkdf2:sha256:1$s$372CC9815244C4A2B75955B1358CDE090D9C122D1A7DE302A904E04D35BA6B06",
        "pbkdf2:sha256:1$s$zz2cc9815244c4a2b75955b1358cde090d9c122d1a7de302a904e04d35ba6b06",
    };
    shop_hasher_t *hasher = hasher_of(MEMORY_KIB, 1, SLOTS);

    for (size_t i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++) {
        bool matches = true, rehash;

        T_OK(shop_hasher_verify(&matches, &rehash, hasher, hashes[i], "p", t_pool));
        t_assert(!matches, __LINE__, __FILE__, "%s", hashes[i]);
        matches = true;
        T_OK(shop_hasher_verify(&matches, &rehash, hasher, hashes[i], hashes[i], t_pool));
        t_assert(!matches, __LINE__, __FILE__, "itself: %s", hashes[i]);
    }
}

static void nobodys_password_matches_nothing_and_costs_the_same(void)
{
    enum { ROUNDS = 5 };
    shop_hasher_t *hasher = hasher_of(8192, 2, SLOTS);
    const char *hash = NULL;
    int64_t known = 0, unknown = 0; /* work, so that a busy machine does not matter */
    bool matches, rehash;

    T_OK(shop_hasher_hash(&hash, hasher, "correct horse", t_pool));
    check(hasher, NULL, "no account has this password", false, false, "the dummy's own");
    for (int i = 0; i < ROUNDS; i++) {
        int64_t start = t_cpu_us(), middle;

        T_OK(shop_hasher_verify(&matches, &rehash, hasher, hash, "wrong", t_pool));
        middle = t_cpu_us();
        T_OK(shop_hasher_verify(&matches, &rehash, hasher, NULL, "wrong", t_pool));
        known += middle - start;
        unknown += t_cpu_us() - middle;
    }
    t_assert(unknown * 4 > known && known * 4 > unknown, __LINE__, __FILE__,
             "known %ld us, unknown %ld us", (long)known, (long)unknown);
}

/* ---- slots ---- */

/* The linker sends the library's calls of these here (ld's --wrap), so that a hash lasts as long as
 * the test wants and a wait for a slot no time at all. */
int __real_sem_clockwait(sem_t *slots, clockid_t clock, const struct timespec *until);
int __wrap_sem_clockwait(sem_t *slots, clockid_t clock, const struct timespec *until);
int __real_crypto_pwhash_str_verify(const char *text, const char *password,
                                    unsigned long long length);
int __wrap_crypto_pwhash_str_verify(const char *text, const char *password,
                                    unsigned long long length);

static bool stops_inside; /* a check begins and does not end */
static sem_t is_inside, may_leave;
static struct timespec *waited_until; /* NULL: whoever waits gets a slot some time */

int __wrap_sem_clockwait(sem_t *slots, clockid_t clock, const struct timespec *until)
{
    static const struct timespec past = { 0, 0 };

    if (!waited_until) {
        return sem_wait(slots);
    }
    T_INT(clock, CLOCK_MONOTONIC);
    *waited_until = *until;
    return __real_sem_clockwait(slots, clock, &past);
}

int __wrap_crypto_pwhash_str_verify(const char *text, const char *password,
                                    unsigned long long length)
{
    if (stops_inside) {
        sem_post(&is_inside);
        sem_wait(&may_leave);
    }
    return __real_crypto_pwhash_str_verify(text, password, length);
}

enum { CROWD = 6 };

typedef struct runner_t {
    shop_hasher_t *hasher;
    bool done;
} runner_t;

static void *APR_THREAD_FUNC hash_once(apr_thread_t *thread, void *data)
{
    runner_t *runner = data;
    const char *hash = NULL;
    shop_error_t *err =
        shop_hasher_hash(&hash, runner->hasher, "correct horse", apr_thread_pool_get(thread));

    runner->done = !err && hash;
    return NULL;
}

static void a_crowd_waits_its_turn(void)
{
    shop_hasher_t *hasher = hasher_of(1024, 1, 1);
    apr_thread_t *threads[CROWD];
    runner_t runners[CROWD] = { { 0 } };
    apr_status_t status;

    for (int i = 0; i < CROWD; i++) {
        runners[i].hasher = hasher;
        if (apr_thread_create(&threads[i], NULL, hash_once, &runners[i], t_pool) != APR_SUCCESS) {
            abort();
        }
    }
    for (int i = 0; i < CROWD; i++) {
        apr_thread_join(&status, threads[i]);
        T_TRUE(runners[i].done);
    }
    /* All slots came back. */
    check(hasher, NULL, "x", false, false, "after the crowd");
}

typedef struct job_t {
    shop_hasher_t *hasher;
    const char *hash;
} job_t;

static void *APR_THREAD_FUNC hold_a_slot(apr_thread_t *thread, void *data)
{
    const job_t *job = data;
    bool matches, rehash;

    shop_hasher_verify(&matches, &rehash, job->hasher, job->hash, "x", apr_thread_pool_get(thread));
    return NULL;
}

static void without_a_slot_the_answer_is_unavailable(void)
{
    job_t job = { .hasher = hasher_of(1024, 1, 1) };
    struct timespec until = { 0, 0 };
    apr_thread_t *thread;
    apr_status_t status;
    apr_time_t before, waited;

    T_OK(shop_hasher_hash(&job.hash, job.hasher, "correct horse", t_pool));
    sem_init(&is_inside, 0, 0);
    sem_init(&may_leave, 0, 0);
    stops_inside = true;
    if (apr_thread_create(&thread, NULL, hold_a_slot, &job, t_pool) != APR_SUCCESS) {
        abort();
    }
    sem_wait(&is_inside);
    waited_until = &until;
    before = shop_clock_monotonic();
    T_ERR(shop_hasher_hash(&job.hash, job.hasher, "correct horse", t_pool), UNAVAILABLE);
    waited = apr_time_from_sec(until.tv_sec) + until.tv_nsec / 1000;
    T_TRUE(waited >= before + apr_time_from_sec(2));
    T_TRUE(waited <= shop_clock_monotonic() + apr_time_from_sec(2));
    waited_until = NULL;
    stops_inside = false;
    sem_post(&may_leave);
    apr_thread_join(&status, thread);
    T_OK(shop_hasher_hash(&job.hash, job.hasher, "correct horse", t_pool));
    sem_destroy(&is_inside);
    sem_destroy(&may_leave);
}

static void senseless_parameters_are_refused(void)
{
    static const struct {
        int64_t memory;
        int passes, slots;
    } cases[] = {
        { 0, 2, 2 }, { 7, 2, 2 }, { -1, 2, 2 }, { INT64_MAX, 2, 2 }, { 64, 0, 2 }, { 64, 1, 0 },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        shop_hasher_t *hasher = NULL;

        T_ERR(shop_hasher_create(&hasher, cases[i].memory, cases[i].passes, cases[i].slots, t_pool),
              INTERNAL);
    }
}

static const shop_test_t tests[] = {
    SHOP_TEST(a_hash_matches_its_password_only, "a hash matches its password and no other"),
    SHOP_TEST(a_password_is_the_same_in_every_normal_form,
              "a password is the same in every normal form"),
    SHOP_TEST(a_hash_of_other_bytes_matches_them_and_asks_for_a_new_one,
              "a hash of other bytes matches them and asks for a new one"),
    SHOP_TEST(every_byte_of_a_long_password_counts, "every byte of a long password counts"),
    SHOP_TEST(a_hash_says_how_it_was_made, "a hash says how it was made, and has its own salt"),
    SHOP_TEST(other_parameters_ask_for_a_new_hash, "other parameters ask for a new hash"),
    SHOP_TEST(werkzeugs_hashes_are_taken_over, "Werkzeug's hashes are taken over"),
    SHOP_TEST(damaged_hashes_match_nothing, "damaged hashes match nothing"),
    SHOP_TEST(nobodys_password_matches_nothing_and_costs_the_same,
              "nobody's password matches nothing and costs the same"),
    SHOP_TEST(a_crowd_waits_its_turn, "a crowd waits its turn for one slot"),
    SHOP_TEST(without_a_slot_the_answer_is_unavailable,
              "without a slot for two seconds the answer is 503"),
    SHOP_TEST(senseless_parameters_are_refused, "senseless parameters are refused"),
    SHOP_TEST_END,
};
SHOP_SUITE("passwords", tests)
