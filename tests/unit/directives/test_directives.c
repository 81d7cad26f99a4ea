/* SPDX-License-Identifier: MIT
 * The table of directives: each row against itself, and what the kinds accept and refuse. */
#include "mod_shop/directives/directive.h"
#include "tests/kit/harness.h"

static shop_settings_t settings;

static const char *resolve(const char **secret, bool *literal, const char *text, apr_pool_t *pool)
{
    (void)pool;
    *literal = strncmp(text, "file:", 5) != 0;
    *secret = *literal ? text : "0123456789abcdef0123456789abcdef";
    return NULL;
}

/* "name=value" and its like, split at spaces. */
static const char *read_line(const char **bad, int row, const char *line)
{
    shop_parse_t parse = { .pool = t_pool, .resolve = resolve };
    char *argv[16];
    int argc = 0;
    char *last;
    const char *problem;

    for (char *word = apr_strtok(apr_pstrdup(t_pool, line), " ", &last); word && argc < 16;
         word = apr_strtok(NULL, " ", &last)) {
        argv[argc++] = word;
    }
    problem = shop_directive_parse(&settings, &shop_directives[row], argc, argv, &parse);
    *bad = parse.bad;
    return problem;
}

static bool has_own_parser(const shop_directive_t *directive)
{
    return directive->arguments[0].form == SHOP_FORM_FILLED;
}

static void a_row_accepts_its_example(void)
{
    shop_settings_defaults(&settings);
    for (int i = 0; i < SHOP_DIRECTIVE_COUNT; i++) {
        const shop_directive_t *row = &shop_directives[i];
        apr_size_t name = strlen(row->name);
        const char *bad;

        t_assert(!strncmp(row->example, row->name, name) && row->example[name] == ' ', __LINE__,
                 __FILE__, "the example of %s is one of it", row->name);
        if (!has_own_parser(row)) {
            t_str(read_line(&bad, i, row->example + name), NULL, __LINE__, __FILE__, row->example);
        }
    }
}

static void a_row_accepts_its_default(void)
{
    shop_settings_defaults(&settings);
    for (int i = 0; i < SHOP_DIRECTIVE_COUNT; i++) {
        const shop_directive_t *row = &shop_directives[i];
        bool writable = !has_own_parser(row);
        const char *bad;
        const char *text = shop_directive_default_text(row, t_pool);

        for (int j = 0; j < row->count; j++) {
            writable = writable && !row->arguments[j].said;
        }
        if (writable && strcmp(text, "none")) {
            t_str(read_line(&bad, i, text), NULL, __LINE__, __FILE__, row->name);
            t_str(shop_directive_text(row, &settings, t_pool), text, __LINE__, __FILE__, row->name);
        }
    }
}

static void what_is_printed_is_read_as_the_same(void)
{
    shop_settings_t before;
    const char *bad;
    const char *text;

    shop_settings_defaults(&settings);
    T_STR(read_line(&bad, SHOP_ROW_ShopMongoTimeout, "socket=90s connect=1500ms"),
          "is not within 1ms and 1min");
    T_STR(bad, "socket=90s");
    T_STR(read_line(&bad, SHOP_ROW_ShopMongoTimeout, "socket=9s connect=1500ms"), NULL);
    text = shop_directive_text(&shop_directives[SHOP_ROW_ShopMongoTimeout], &settings, t_pool);
    T_STR(text, "connect=1500ms select=2s socket=9s");
    before = settings;
    T_STR(read_line(&bad, SHOP_ROW_ShopMongoTimeout, text), NULL);
    T_TRUE(shop_settings_same(&before, &settings));
}

static void values_are_refused_with_what_is_accepted(void)
{
    static const struct {
        int row;
        const char *line, *problem, *bad;
    } cases[] = {
        { SHOP_ROW_ShopNodes, "0", "is no whole number from 1 to 10000", "0" },
        { SHOP_ROW_ShopNodes, "1x", "is no whole number from 1 to 10000", "1x" },
        { SHOP_ROW_ShopNodes, "-1", "is no whole number from 1 to 10000", "-1" },
        { SHOP_ROW_ShopNodes, "99999999999999999999", "is no whole number from 1 to 10000",
          "99999999999999999999" },
        { SHOP_ROW_ShopNodes, "1 2", "takes 1 argument", NULL },
        { SHOP_ROW_ShopNodes, "", "takes 1 argument", NULL },
        { SHOP_ROW_ShopJwtTTL, "1s 1min 1d 1d", "takes 1 to 3 arguments", NULL },
        { SHOP_ROW_ShopJwtTTL, "soon", "is no time such as 500ms, 30s, 15min or 7d", "soon" },
        { SHOP_ROW_ShopJwtTTL, "1500ms", "is no whole number of seconds", "1500ms" },
        { SHOP_ROW_ShopJwtTTL, "15min 7d 366d", "is not within 1min and 365d", "366d" },
        { SHOP_ROW_ShopJwtTTL, "99999999999999d", "is no time such as 500ms, 30s, 15min or 7d",
          "99999999999999d" },
        { SHOP_ROW_ShopJwtTTL, "15min 7 30d",
          "is not within 1min and 20d; a number without a unit is in seconds", "7" },
        { SHOP_ROW_ShopDeadline, "500ms", "is not within 1s and 20s", "500ms" },
        { SHOP_ROW_ShopStatus, "maybe", "is neither On nor Off", "maybe" },
        { SHOP_ROW_ShopInstance, "a,b",
          "holds a character other than letters, digits and . _ - : / @", "a,b" },
        { SHOP_ROW_ShopPublicURL, "ftp://x", "is no http or https URL without a path", "ftp://x" },
        { SHOP_ROW_ShopCacheSize, "16Q", "is no size such as 16M or 512K", "16Q" },
        { SHOP_ROW_ShopCacheSize, "63K", "is neither 0 nor within 64K and 1024M", "63K" },
        { SHOP_ROW_ShopCacheSize, "1025M", "is neither 0 nor within 64K and 1024M", "1025M" },
        { SHOP_ROW_ShopRounding, "up", "is none of down, half-up, half-even", "up" },
        { SHOP_ROW_ShopBootstrapToken, "short", "is shorter than 16 characters", NULL },
        { SHOP_ROW_ShopMongoPool, "5 6", "is not wait=", "6" },
        { SHOP_ROW_ShopPasswordPolicy, "8", "is neither min= nor max=", "8" },
        { SHOP_ROW_ShopMongoTimeout, "1s", "is none of connect=, select=, socket=", "1s" },
        { SHOP_ROW_ShopPasswordHash, "bcrypt", "is not argon2id", "bcrypt" },
        { SHOP_ROW_ShopLoginLimit, "many", "is not n/time", "many" },
        { SHOP_ROW_ShopLoginLimit, "10/never", "is no time such as 500ms, 30s, 15min or 7d",
          "10/never" },
        { SHOP_ROW_ShopLoginLimit, "0/1s", "is no whole number from 1 to 100000000", "0/1s" },
    };

    shop_settings_defaults(&settings);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *bad;

        t_str(read_line(&bad, cases[i].row, cases[i].line), cases[i].problem, __LINE__, __FILE__,
              cases[i].line);
        t_str(bad, cases[i].bad, __LINE__, __FILE__, cases[i].line);
    }
}

static void values_are_stored_in_their_units(void)
{
    const char *bad;

    shop_settings_defaults(&settings);
    T_STR(read_line(&bad, SHOP_ROW_ShopJwtTTL, "1h 2d 30d"), NULL);
    T_INT(settings.jwt_access_s, 3600);
    T_INT(settings.jwt_refresh_s, 2 * 86400);
    T_INT(settings.jwt_absolute_s, 30 * 86400);
    T_STR(read_line(&bad, SHOP_ROW_ShopDeadline, "2"), NULL);
    T_INT(settings.deadline_ms, 2000);
    T_STR(read_line(&bad, SHOP_ROW_ShopCacheTTL, "products=0"), NULL);
    T_INT(settings.cache_products_s, 0);
    T_STR(read_line(&bad, SHOP_ROW_ShopCacheSize, "64k"), NULL);
    T_INT(settings.cache_bytes, 65536);
    T_STR(read_line(&bad, SHOP_ROW_ShopLoginLimit, "3/1min"), NULL);
    T_INT(settings.login_limit, 3);
    T_INT(settings.login_window_s, 60);
    T_STR(read_line(&bad, SHOP_ROW_ShopPublicURL, "https://shop.example.com:8443/"), NULL);
    T_STR(settings.public_url, "https://shop.example.com:8443");
    T_STR(read_line(&bad, SHOP_ROW_ShopJobs, "off"), NULL);
    T_TRUE(!settings.jobs);
    T_INT(settings.jobs_interval_s, 5);
}

static void a_secret_is_never_printed(void)
{
    const shop_directive_t *row = &shop_directives[SHOP_ROW_ShopRedisPassword];
    const char *bad;

    shop_settings_defaults(&settings);
    T_STR(shop_directive_text(row, &settings, t_pool), "(none)");
    T_STR(read_line(&bad, SHOP_ROW_ShopRedisPassword, "file:/etc/shop/redis.pass"), NULL);
    T_STR(settings.redis_password, "0123456789abcdef0123456789abcdef");
    T_STR(shop_directive_text(row, &settings, t_pool), "(masked)");
}

static void settings_are_compared_by_value(void)
{
    shop_settings_t other;
    char name[] = "shop";
    char secret[] = "0123456789abcdef0123456789abcdef";

    shop_settings_defaults(&settings);
    shop_settings_defaults(&other);
    T_TRUE(shop_settings_same(&settings, &other));
    other.instance = name; /* the same text elsewhere */
    T_TRUE(shop_settings_same(&settings, &other));
    other.instance = "shop2";
    T_TRUE(!shop_settings_same(&settings, &other));
    other.instance = name;
    other.redis_url = "redis://127.0.0.1";
    T_TRUE(!shop_settings_same(&settings, &other));
    other.redis_url = NULL;

    settings.jwt_keys[0] =
        (shop_jwt_key_t){ "a", "HS256", (unsigned char *)secret, 32, true, "a.conf:1" };
    other.jwt_keys[0] = settings.jwt_keys[0];
    other.jwt_keys[0].secret = (unsigned char *)apr_pstrdup(t_pool, secret);
    settings.rates[0] = (shop_rate_policy_t){ "api", 10, 60, SHOP_RATE_IP, NULL, "a.conf:1" };
    other.rates[0] = settings.rates[0];
    other.rates[0].where = other.jwt_keys[0].where = "a.conf:2"; /* the place is no value */
    T_TRUE(shop_settings_same(&settings, &other));
    other.jwt_keys[0].sign = false;
    T_TRUE(!shop_settings_same(&settings, &other));
    other.jwt_keys[0].sign = true;
    other.rates[0].methods = "GET";
    T_TRUE(!shop_settings_same(&settings, &other));
}

/* Gives the argument's member another value. */
static void alter(shop_settings_t *changed, const shop_argument_t *argument)
{
    void *member = (char *)changed + argument->offset;

    switch (argument->kind) {
    case SHOP_KIND_ON_OFF: *(bool *)member = !*(bool *)member; break;
    case SHOP_KIND_SIZE: ++*(int64_t *)member; break;
    case SHOP_KIND_KEYS: ((shop_jwt_key_t *)member)->kid = "altered"; break;
    case SHOP_KIND_RATES: ((shop_rate_policy_t *)member)->name = "altered"; break;
    case SHOP_KIND_TOKEN:
    case SHOP_KIND_URL:
    case SHOP_KIND_SECRET:
    case SHOP_KIND_TEXT: *(const char **)member = "altered"; break;
    default: *(int *)member ^= 1;
    }
}

static void a_change_of_any_member_is_seen(void)
{
    shop_settings_defaults(&settings);
    for (int i = 0; i < SHOP_DIRECTIVE_COUNT; i++) {
        for (int j = 0; j < shop_directives[i].count; j++) {
            const shop_argument_t *argument = &shop_directives[i].arguments[j];
            shop_settings_t changed = settings;

            if (argument->form != SHOP_FORM_WORD) {
                alter(&changed, argument);
                t_assert(!shop_settings_same(&settings, &changed), __LINE__, __FILE__,
                         "argument %d of %s counts", j, shop_directives[i].name);
            }
        }
    }
}

static const shop_test_t tests[] = {
    SHOP_TEST(a_row_accepts_its_example, "a row accepts its own example"),
    SHOP_TEST(a_row_accepts_its_default, "a row accepts and prints its own default"),
    SHOP_TEST(what_is_printed_is_read_as_the_same, "what is printed is read as the same values"),
    SHOP_TEST(values_are_refused_with_what_is_accepted,
              "a value is refused with what is accepted, and named"),
    SHOP_TEST(values_are_stored_in_their_units, "values are stored in their units"),
    SHOP_TEST(a_secret_is_never_printed, "a secret is never printed"),
    SHOP_TEST(settings_are_compared_by_value, "settings are compared by value, not by address"),
    SHOP_TEST(a_change_of_any_member_is_seen, "a change of any member is seen"),
    SHOP_TEST_END,
};
SHOP_SUITE("directives", tests)
