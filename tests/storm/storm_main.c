/* SPDX-License-Identifier: MIT
 * Many seeds over the protocol as it is, then over each weakened one: a storm that cannot tell them
 * apart would prove nothing. */
#include "storm.h"

#include <apr_general.h>
#include <apr_getopt.h>
#include <apr_strings.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mod_shop/base/log.h"

#define REASONS_MAX 32
#define SEEDS_SHOWN 5
#define DIFFER "stores differ"
#define HUNT_MAX 5000 /* schedules until a weakened protocol must have gone wrong */
#define PROGRESS 100  /* schedules between two words on standard error */

typedef struct weakened_t {
    const char *name;
    unsigned flags;
} weakened_t;

static const weakened_t weakened[] = {
    { "no-void", STORM_NO_VOID },
    { "buyer-voids-only", STORM_BUYER_VOIDS },
    { "voids-dropped-early", STORM_EARLY_VOIDS },
    { "no-tombstone", STORM_NO_TOMBSTONE },
    { "reserve-retried", STORM_RETRY_RESERVE },
    { "reserve-trusted", STORM_TRUST_RESERVE },
    { "unclaim-first", STORM_UNCLAIM_FIRST },
    { "insert-trusted", STORM_TRUST_INSERT },
    { "clear-unfenced", STORM_BLIND_CLEAR },
    { "claim-unfenced", STORM_CLAIM_ANY },
    { "claim-by-one-node", STORM_CLAIM_BY_ONE },
    { "reads-not-durable", STORM_READS_ANY },
    { "no-marker-sweep", STORM_NO_MARKER_SWEEP },
    { "no-redemption-sweep", STORM_NO_REDEMPTION_SWEEP },
    { "marker-only", STORM_MARKER_ONLY },
    { "refund-any-rev", STORM_ANY_REV },
    { "no-sweep", STORM_NO_MARKER_SWEEP | STORM_NO_REDEMPTION_SWEEP },
};
#define WEAKENED (sizeof(weakened) / sizeof(weakened[0]))
#define HUNTED (WEAKENED - 1) /* the last is two at once, for --sweep off */

typedef struct options_t {
    storm_plan_t plan;
    uint64_t first;
    bool one, trace;
    const weakened_t *variant; /* this alone, and it must hold */
    apr_pool_t *pool;
} options_t;

typedef struct tally_t {
    int runs, bad, reasons;
    struct {
        char reason[40];
        int count;
    } rows[REASONS_MAX];
    int64_t calls, orders, answers, refunds;
} tally_t;

/* ---- what the order code logs: the trace tells more ---- */

static void to_nowhere(shop_log_level_t level, int number, const char *request_id, const char *text)
{
    (void)level;
    (void)number;
    (void)request_id;
    (void)text;
}

/* ---- one seed ---- */

static void print_trace(const storm_t *storm)
{
    for (int i = 0; i < storm->trace->nelts; i++) {
        puts(APR_ARRAY_IDX(storm->trace, i, const char *));
    }
    puts(storm->state);
}

/* The same decisions on both stores, and the same end. */
static void compare(storm_t *storm, const storm_t *beside)
{
    int steps =
        storm->trace->nelts < beside->trace->nelts ? storm->trace->nelts : beside->trace->nelts;

    for (int i = 0; i < steps; i++) {
        const char *one = APR_ARRAY_IDX(storm->trace, i, const char *);
        const char *other = APR_ARRAY_IDX(beside->trace, i, const char *);

        if (strcmp(one, other) != 0) {
            storm_bad(storm, DIFFER, "step %d: \"%s\", beside \"%s\"", i, one, other);
            return;
        }
    }
    if (storm->trace->nelts != beside->trace->nelts || strcmp(storm->state, beside->state) != 0) {
        storm_bad(storm, DIFFER, "in the end, beside:\n%s", beside->state);
    }
}

static void count_reasons(tally_t *tally, const storm_t *storm)
{
    for (int i = 0; i < storm->bad->nelts; i++) {
        const char *reason = APR_ARRAY_IDX(storm->bad, i, const char *);
        int at = 0;

        while (at < tally->reasons && strcmp(tally->rows[at].reason, reason) != 0) {
            at++;
        }
        if (at < REASONS_MAX) {
            apr_cpystrn(tally->rows[at].reason, reason, sizeof(tally->rows[at].reason));
            tally->rows[at].count++;
            tally->reasons = at == tally->reasons ? at + 1 : tally->reasons;
        }
    }
}

static bool has_reason(const tally_t *tally, const char *reason)
{
    for (int i = 0; i < tally->reasons; i++) {
        if (!strcmp(tally->rows[i].reason, reason)) {
            return true;
        }
    }
    return false;
}

/* False: the store could not be used at all. */
static bool run_seed(tally_t *tally, const options_t *options, const storm_plan_t *plan,
                     uint64_t seed, unsigned flags)
{
    apr_pool_t *pool;
    storm_t *storm, *beside;

    apr_pool_create(&pool, NULL);
    storm = storm_run(seed, flags, plan->store, pool);
    beside = storm && plan->beside ? storm_run(seed, flags, plan->beside, pool) : NULL;
    if (!storm || (plan->beside && !beside)) {
        apr_pool_destroy(pool);
        return false;
    }
    if (beside) {
        compare(storm, beside);
    }
    tally->runs++;
    tally->bad += storm->bad->nelts > 0;
    tally->calls += storm->calls;
    tally->orders += storm->orders->nelts;
    tally->answers += storm->answers->nelts;
    tally->refunds += storm->refunded->nelts;
    count_reasons(tally, storm);
    if (options->trace) {
        print_trace(storm);
    }
    apr_pool_destroy(pool);
    return true;
}

/* ---- many seeds ---- */

static void print_tally(const tally_t *tally, const char *name, apr_time_t began)
{
    printf("%s: %d bad of %d {", name, tally->bad, tally->runs);
    for (int i = 0; i < tally->reasons; i++) {
        printf("%s%s: %d", i ? ", " : "", tally->rows[i].reason, tally->rows[i].count);
    }
    printf("}  %d orders, %d answers, %d refunds, %d calls, %.1f s\n", (int)tally->orders,
           (int)tally->answers, (int)tally->refunds, (int)tally->calls,
           (double)(apr_time_now() - began) / APR_USEC_PER_SEC);
    fflush(stdout);
}

/* No run may be bad. */
static bool run_chosen(const options_t *options, const char *name, unsigned flags)
{
    tally_t tally = { .runs = 0 };
    apr_time_t began = apr_time_now();
    int runs = options->one ? 1 : options->plan.runs;

    for (int i = 0; i < runs; i++) {
        uint64_t seed = options->first + (uint64_t)i;
        int bad = tally.bad;

        if (!run_seed(&tally, options, &options->plan, seed, flags)) {
            return false;
        }
        if (tally.bad > bad && bad < SEEDS_SHOWN) {
            printf("  bad: --store %s --seed %" APR_UINT64_T_FMT " --trace\n",
                   options->plan.store->name, seed);
        }
        if (tally.runs % PROGRESS == 0) {
            fprintf(stderr, "%s: %d bad of %d so far, %d s\n", name, tally.bad, tally.runs,
                    (int)apr_time_sec(apr_time_now() - began));
        }
    }
    print_tally(&tally, name, began);
    return tally.bad == 0;
}

/* Some run must be bad. A real store is slow, so the fakes say which seed to try on it; there it
 * must go wrong in the same way. */
static bool run_weakened(const options_t *options, const weakened_t *weak)
{
    storm_plan_t fast = { .store =
                              options->plan.beside ? options->plan.beside : options->plan.store };
    tally_t tally = { .runs = 0 }, real = { .runs = 0 };
    apr_time_t began = apr_time_now();
    uint64_t bad_seed = 0;

    for (int i = 0; i < options->plan.weak_runs || (!tally.bad && i < HUNT_MAX); i++) {
        uint64_t seed = options->first + (uint64_t)i;
        int bad = tally.bad;

        if (!run_seed(&tally, options, &fast, seed, weak->flags)) {
            return false;
        }
        bad_seed = tally.bad > bad && !bad ? seed : bad_seed;
    }
    print_tally(&tally, weak->name, began);
    if (!tally.bad) {
        printf("  %s must go wrong and did not: the storm proves nothing\n", weak->name);
        return false;
    }
    if (!options->plan.beside) {
        return true;
    }
    began = apr_time_now();
    if (!run_seed(&real, options, &options->plan, bad_seed, weak->flags)) {
        return false;
    }
    print_tally(&real,
                apr_psprintf(options->pool, "  seed %" APR_UINT64_T_FMT " on %s", bad_seed,
                             options->plan.store->name),
                began);
    return real.bad == 1 && !has_reason(&real, DIFFER);
}

static int run_all(const options_t *options)
{
    bool good;

    if (options->variant) {
        return run_chosen(options, options->variant->name, options->variant->flags) ? 0 : 1;
    }
    good = run_chosen(options, "chosen", 0);
    for (size_t i = 0; i < HUNTED && !options->one; i++) {
        good = run_weakened(options, &weakened[i]) && good;
    }
    puts(good ? "the storm: nothing lost, nothing twice" : "the storm: WRONG, see above");
    return good ? 0 : 1;
}

/* ---- options ---- */

static const apr_getopt_option_t known[] = {
    { "store", 's', 1, "mem | mongo (SHOP_TEST_MONGO_URI): where it runs" },
    { "runs", 'r', 1, "how many schedules of the protocol as it is" },
    { "weak-runs", 'w', 1, "how many of each weakened one" },
    { "first", 'f', 1, "the first seed" },
    { "seed", 'n', 1, "this seed alone" },
    { "trace", 't', 0, "every step" },
    { "variant", 'v', 1, "this weakened protocol alone, as if it were right" },
    { "sweep", 'e', 1, "on | off: off is --variant no-sweep" },
    { "alone", 'a', 0, "do not run each seed of a real store on the fakes beside" },
    { "help", 'h', 0, "this" },
    { NULL, 0, 0, NULL },
};

static int help(void)
{
    for (const apr_getopt_option_t *option = known; option->name; option++) {
        printf("  --%-10s %s\n", option->name, option->description);
    }
    printf("weakened protocols:");
    for (size_t i = 0; i < WEAKENED; i++) {
        printf(" %s", weakened[i].name);
    }
    puts("");
    return 2;
}

static bool use_store(options_t *options, const char *name)
{
    bool real = !strcmp(name, "mongo");

    options->plan.store = real ? &storm_store_mongo : &storm_store_mem;
    options->plan.beside = real ? &storm_store_mem : NULL;
    return real || !strcmp(name, "mem");
}

static bool use_variant(options_t *options, const char *name)
{
    for (size_t i = 0; i < WEAKENED; i++) {
        if (!strcmp(weakened[i].name, name)) {
            options->variant = &weakened[i];
        }
    }
    return options->variant != NULL;
}

static bool read_count(int *count, const char *value)
{
    char *end;
    long number = strtol(value, &end, 10);

    *count = (int)number;
    return !*end && number > 0 && number < 100000000;
}

static bool read_seed(uint64_t *seed, const char *value)
{
    char *end;

    *seed = strtoull(value, &end, 10);
    return *value && !*end;
}

static bool set_option(options_t *options, int option, const char *value)
{
    switch (option) {
    case 's': return use_store(options, value);
    case 'r': return read_count(&options->plan.runs, value);
    case 'w': return read_count(&options->plan.weak_runs, value);
    case 'n': options->one = true; /* fall through */
    case 'f': return read_seed(&options->first, value);
    case 't': return (options->trace = true);
    case 'v': return use_variant(options, value);
    case 'e':
        return !strcmp(value, "on") || (!strcmp(value, "off") && use_variant(options, "no-sweep"));
    case 'a': options->plan.beside = NULL; return true;
    default: return false;
    }
}

static int run(const options_t *options)
{
    bool real = options->plan.store == &storm_store_mongo;
    int status;

    if (real && storm_store_open()) {
        return 1;
    }
    status = run_all(options);
    return real && storm_store_close() ? 1 : status;
}

int storm_main(int argc, const char *const *argv, storm_plan_t plan)
{
    options_t options = { .plan = plan, .first = 1 };
    apr_pool_t *pool;
    apr_getopt_t *args;
    apr_status_t status;
    const char *value;
    int option, result;

    apr_initialize();
    apr_pool_create(&pool, NULL);
    options.pool = pool;
    shop_log_set_sink(to_nowhere);
    apr_getopt_init(&args, pool, argc, argv);
    while ((status = apr_getopt_long(args, known, &option, &value)) == APR_SUCCESS) {
        if (!set_option(&options, option, value)) {
            return help();
        }
    }
    result = status == APR_EOF ? run(&options) : help();
    apr_pool_destroy(pool);
    apr_terminate();
    return result;
}
