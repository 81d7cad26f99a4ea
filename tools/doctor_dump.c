/* SPDX-License-Identifier: MIT */
#include "tools/doctor_dump.h"

#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

bool doctor_dump_has_module(const doctor_dump_t *dump, const char *name)
{
    for (int i = 0; i < dump->modules->nelts; i++) {
        if (!strcmp(APR_ARRAY_IDX(dump->modules, i, const char *), name)) {
            return true;
        }
    }
    return false;
}

const doctor_setting_t *doctor_setting(const doctor_shop_t *shop, const char *name)
{
    for (int i = 0; i < shop->settings->nelts; i++) {
        const doctor_setting_t *setting = &APR_ARRAY_IDX(shop->settings, i, doctor_setting_t);

        if (!strcasecmp(setting->name, name)) {
            return setting;
        }
    }
    return NULL;
}

bool doctor_is_set(const doctor_setting_t *setting)
{
    return setting && *setting->value && *setting->value != '(';
}

static const char *unquoted(const char *text, apr_pool_t *pool)
{
    size_t size = strlen(text);

    while (size && text[size - 1] == ' ') {
        size--;
    }
    return size > 1 && *text == '"' && text[size - 1] == '"'
               ? apr_pstrmemdup(pool, text + 1, size - 2)
               : apr_pstrmemdup(pool, text, size);
}

/* The text behind "key: ", NULL when the line is another one. */
static const char *behind(const char *line, const char *key)
{
    size_t size = strlen(key);

    return strncmp(line, key, size) ? NULL : line + size;
}

static bool is_number(const char *text)
{
    return *text && strspn(text, "0123456789") == strlen(text);
}

/* "value  # /etc/apache2/shop.conf:12" */
static void read_value(doctor_setting_t *setting, char *text, apr_pool_t *pool)
{
    char *mark = strstr(text, "  # ");
    char *colon = mark ? strrchr(mark, ':') : NULL;

    if (mark) {
        *mark = '\0';
    }
    if (colon && is_number(colon + 1)) {
        *colon = '\0';
        setting->file = apr_pstrdup(pool, mark + 4);
        setting->line = (int)strtol(colon + 1, NULL, 10);
    }
    setting->value = unquoted(text, pool);
}

static void read_shop_line(doctor_shop_t *shop, const char *line, apr_pool_t *pool)
{
    char *word = apr_pstrdup(pool, line + strspn(line, " "));
    char *rest = word + strcspn(word, " ");
    doctor_setting_t setting = { .name = word };

    if (*rest) {
        *rest++ = '\0';
    }
    if (!strncmp(word, "Shop", 4)) {
        read_value(&setting, rest, pool);
        APR_ARRAY_PUSH(shop->settings, doctor_setting_t) = setting;
    } else if (!strcmp(word, "root") || !strcmp(word, "at")) {
        read_value(&setting, rest, pool);
        APR_ARRAY_PUSH(shop->places, const char *) = setting.value;
    }
}

/* "Shop books:", "Shop of localhost:" */
static doctor_shop_t *begin_shop(doctor_dump_t *dump, const char *line, apr_pool_t *pool)
{
    const char *name = behind(line, "Shop of ") ? line + 8 : line + 5;
    doctor_shop_t *shop = apr_array_push(dump->shops);

    shop->name = apr_pstrmemdup(pool, name, strlen(name) - 1);
    shop->places = apr_array_make(pool, 4, sizeof(const char *));
    shop->settings = apr_array_make(pool, 64, sizeof(doctor_setting_t));
    return shop;
}

static void read_module(doctor_dump_t *dump, const char *line, apr_pool_t *pool)
{
    size_t size = strcspn(line + 1, " ");

    if (*line == ' ' && strstr(line, "_module (")) {
        APR_ARRAY_PUSH(dump->modules, const char *) = apr_pstrmemdup(pool, line + 1, size);
    }
}

static void read_server_line(doctor_dump_t *dump, const char *line, apr_pool_t *pool)
{
    const char *at = line + strspn(line, " ");
    const char *found;

    if ((found = behind(at, "version "))) {
        dump->version = apr_pstrdup(pool, found);
    } else if ((found = behind(at, "built-for "))) {
        dump->built = apr_pstrdup(pool, found);
    } else if ((found = behind(at, "listen "))) {
        APR_ARRAY_PUSH(dump->listens, const char *) = apr_pstrdup(pool, found);
    } else if ((found = behind(at, "threads "))) {
        dump->threads = (int)strtol(found, NULL, 10);
    }
}

static void read_run_line(doctor_dump_t *dump, const char *line, apr_pool_t *pool)
{
    const char *found;

    if ((found = behind(line, "ServerRoot: "))) {
        dump->root = unquoted(found, pool);
    } else if ((found = behind(line, "PidFile: "))) {
        dump->pid_file = unquoted(found, pool);
    } else if ((found = behind(line, "Main ErrorLog: "))) {
        dump->error_log = unquoted(found, pool);
    } else if ((found = behind(line, "User: name="))) {
        const char *end = strstr(found, "\" id");

        dump->user = end ? apr_pstrmemdup(pool, found + 1, (apr_size_t)(end - found - 1)) : NULL;
    }
}

/* Dumps of older versions print a shop once for each virtual host that serves it. */
static bool are_same(const doctor_shop_t *a, const doctor_shop_t *b)
{
    if (strcmp(a->name, b->name) != 0 || a->settings->nelts != b->settings->nelts) {
        return false;
    }
    for (int i = 0; i < a->settings->nelts; i++) {
        const doctor_setting_t *one = &APR_ARRAY_IDX(a->settings, i, doctor_setting_t);
        const doctor_setting_t *other = &APR_ARRAY_IDX(b->settings, i, doctor_setting_t);

        if (strcmp(one->name, other->name) != 0 || strcmp(one->value, other->value) != 0) {
            return false;
        }
    }
    return true;
}

static void merge_same(doctor_dump_t *dump, apr_pool_t *pool)
{
    apr_array_header_t *shops = apr_array_make(pool, 4, sizeof(doctor_shop_t));

    for (int i = 0; i < dump->shops->nelts; i++) {
        doctor_shop_t *shop = &APR_ARRAY_IDX(dump->shops, i, doctor_shop_t);
        const doctor_setting_t *instance = doctor_setting(shop, "ShopInstance");
        int at = 0;

        shop->name = doctor_is_set(instance) ? instance->value : shop->name;
        while (at < shops->nelts && !are_same(&APR_ARRAY_IDX(shops, at, doctor_shop_t), shop)) {
            at++;
        }
        if (at < shops->nelts) {
            apr_array_cat(APR_ARRAY_IDX(shops, at, doctor_shop_t).places, shop->places);
        } else {
            APR_ARRAY_PUSH(shops, doctor_shop_t) = *shop;
        }
    }
    dump->shops = shops;
}

typedef enum { IN_NOTHING, IN_MODULES, IN_SERVER, IN_SHOP } part_t;

void doctor_dump_read(doctor_dump_t *dump, const char *text, apr_pool_t *pool)
{
    doctor_shop_t *shop = NULL;
    part_t part = IN_NOTHING;
    char *last;

    memset(dump, 0, sizeof(*dump));
    dump->modules = apr_array_make(pool, 64, sizeof(const char *));
    dump->listens = apr_array_make(pool, 4, sizeof(const char *));
    dump->shops = apr_array_make(pool, 4, sizeof(doctor_shop_t));
    for (char *line = apr_strtok(apr_pstrdup(pool, text), "\r\n", &last); line;
         line = apr_strtok(NULL, "\r\n", &last)) {
        if (*line != ' ') {
            size_t size = strlen(line);

            part = !strcmp(line, "Loaded Modules:")                      ? IN_MODULES
                   : !strcmp(line, "Server of shops:")                   ? IN_SERVER
                   : !strncmp(line, "Shop ", 5) && line[size - 1] == ':' ? IN_SHOP
                                                                         : IN_NOTHING;
            shop = part == IN_SHOP ? begin_shop(dump, line, pool) : NULL;
            read_run_line(dump, line, pool);
        } else if (part == IN_MODULES) {
            read_module(dump, line, pool);
        } else if (part == IN_SERVER) {
            read_server_line(dump, line, pool);
        } else if (shop) {
            read_shop_line(shop, line, pool);
        }
    }
    merge_same(dump, pool);
}
