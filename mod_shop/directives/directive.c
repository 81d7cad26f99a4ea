/* SPDX-License-Identifier: MIT
 * The table of directives, and what follows from it alone. */
#include "directive.h"

#include <apr_strings.h>
#include <stddef.h>
#include <string.h>

/* ---- the table ---- */

#define SHOP_ARGUMENT(form_, label_, kind_, member, value_, said_, min_, max_) \
    { .form = SHOP_FORM_##form_,                                               \
      .label = (label_),                                                       \
      .kind = SHOP_KIND_##kind_,                                               \
      .offset = offsetof(shop_settings_t, member),                             \
      .value = &(SHOP_TYPE_##kind_ const){ value_ },                           \
      .said = (said_),                                                         \
      .min = (min_),                                                           \
      .max = (max_) },
#define SHOP_WORD(word) { .form = SHOP_FORM_WORD, .label = (word) },

#define SHOP_DIRECTIVE_OF(name, parser, arguments, syntax, example, help) \
    static const shop_argument_t arguments_of_##name[] = { arguments };
#include "directives.def"
#undef SHOP_DIRECTIVE_OF

#define SHOP_DIRECTIVE_OF(name, parser, arguments, syntax, example, help)  \
    { #name,                                                               \
      arguments_of_##name,                                                 \
      (int)(sizeof(arguments_of_##name) / sizeof(arguments_of_##name[0])), \
      (syntax),                                                            \
      (example),                                                           \
      (help) },
const shop_directive_t shop_directives[SHOP_DIRECTIVE_COUNT] = {
#include "directives.def"
};
#undef SHOP_DIRECTIVE_OF

static void *member_of(shop_settings_t *settings, const shop_argument_t *argument)
{
    return (char *)settings + argument->offset;
}

static const void *value_of(const shop_settings_t *settings, const shop_argument_t *argument)
{
    return (const char *)settings + argument->offset;
}

void shop_directive_reset(shop_settings_t *settings, const shop_directive_t *directive)
{
    for (int i = 0; i < directive->count; i++) {
        const shop_argument_t *argument = &directive->arguments[i];

        if (argument->form != SHOP_FORM_WORD) {
            memcpy(member_of(settings, argument), argument->value,
                   shop_kind_row(argument->kind)->size);
        }
    }
}

void shop_directive_copy(shop_settings_t *into, const shop_directive_t *directive,
                         const shop_settings_t *from)
{
    for (int i = 0; i < directive->count; i++) {
        const shop_argument_t *argument = &directive->arguments[i];

        if (argument->form != SHOP_FORM_WORD) {
            memcpy(member_of(into, argument), value_of(from, argument),
                   shop_kind_row(argument->kind)->size);
        }
    }
}

bool shop_directive_same(const shop_directive_t *directive, const shop_settings_t *a,
                         const shop_settings_t *b)
{
    for (int i = 0; i < directive->count; i++) {
        const shop_argument_t *argument = &directive->arguments[i];

        if (argument->form != SHOP_FORM_WORD &&
            !shop_kind_same(argument->kind, value_of(a, argument), value_of(b, argument))) {
            return false;
        }
    }
    return true;
}

/* ---- all settings at once ---- */

void shop_settings_defaults(shop_settings_t *settings)
{
    memset(settings, 0, sizeof(*settings));
    for (int i = 0; i < SHOP_DIRECTIVE_COUNT; i++) {
        shop_directive_reset(settings, &shop_directives[i]);
    }
}

bool shop_settings_same(const shop_settings_t *a, const shop_settings_t *b)
{
    int i = 0;

    while (i < SHOP_DIRECTIVE_COUNT && shop_directive_same(&shop_directives[i], a, b)) {
        i++;
    }
    return i == SHOP_DIRECTIVE_COUNT;
}

/* ---- arguments to values ---- */

const char *shop_argument_named(const char *argument, const char *name)
{
    apr_size_t size = strlen(name);

    return !strncasecmp(argument, name, size) && argument[size] == '=' ? argument + size + 1 : NULL;
}

const char *shop_directive_count_problem(int argc, int min, int max, apr_pool_t *pool)
{
    if (argc >= min && argc <= max) {
        return NULL;
    }
    return min == max ? apr_psprintf(pool, "takes %d argument%s", min, min == 1 ? "" : "s")
                      : apr_psprintf(pool, "takes %d to %d arguments", min, max);
}

/* "is not wait=", "is neither min= nor max=", "is none of connect=, select=, socket=" */
static const char *no_name(const shop_directive_t *directive, apr_pool_t *pool)
{
    const char *names[8];
    int count = 0;
    const char *list;

    for (int i = 0; i < directive->count && count < 8; i++) {
        if (directive->arguments[i].form == SHOP_FORM_NAMED) {
            names[count++] = directive->arguments[i].label;
        }
    }
    if (count < 2) {
        return count ? apr_pstrcat(pool, "is not ", names[0], "=", NULL) : "is one too many";
    }
    if (count == 2) {
        return apr_pstrcat(pool, "is neither ", names[0], "= nor ", names[1], "=", NULL);
    }
    list = apr_pstrcat(pool, "is none of ", names[0], "=", NULL);
    for (int i = 1; i < count; i++) {
        list = apr_pstrcat(pool, list, ", ", names[i], "=", NULL);
    }
    return list;
}

static const char *parse_value(shop_settings_t *settings, const shop_argument_t *argument,
                               const char *text, shop_parse_t *parse)
{
    if (argument->kind == SHOP_KIND_SECRET) {
        parse->bad = shop_secret_shown(text);
    }
    return shop_kind_row(argument->kind)
        ->parse(member_of(settings, argument), text, argument->min, argument->max, parse);
}

static const char *parse_named(shop_settings_t *settings, const shop_directive_t *directive,
                               const char *text, shop_parse_t *parse)
{
    for (int i = 0; i < directive->count; i++) {
        const shop_argument_t *argument = &directive->arguments[i];
        const char *value =
            argument->form == SHOP_FORM_NAMED ? shop_argument_named(text, argument->label) : NULL;

        if (value) {
            return parse_value(settings, argument, value, parse);
        }
    }
    return no_name(directive, parse->pool);
}

/* The argument and the one joined to it: "10/15min". */
static const char *parse_joined(shop_settings_t *settings, const shop_argument_t *argument,
                                const char *text, const shop_directive_t *directive,
                                shop_parse_t *parse)
{
    const char *sign = strstr(text, argument[1].label);
    const char *problem;

    if (!sign) {
        return apr_psprintf(parse->pool, "is not %s", directive->syntax);
    }
    problem = parse_value(settings, argument,
                          apr_pstrmemdup(parse->pool, text, (apr_size_t)(sign - text)), parse);
    return problem ? problem
                   : parse_value(settings, argument + 1, sign + strlen(argument[1].label), parse);
}

static bool by_place(const shop_argument_t *argument)
{
    return argument->form == SHOP_FORM_NEEDED || argument->form == SHOP_FORM_OPTIONAL ||
           argument->form == SHOP_FORM_WORD;
}

static const char *parse_placed(shop_settings_t *settings, const shop_directive_t *directive,
                                int at, const char *text, shop_parse_t *parse)
{
    const shop_argument_t *argument = &directive->arguments[at];

    if (argument->form == SHOP_FORM_WORD) {
        return strcmp(text, argument->label)
                   ? apr_pstrcat(parse->pool, "is not ", argument->label, NULL)
                   : NULL;
    }
    return at + 1 < directive->count && argument[1].form == SHOP_FORM_JOINED
               ? parse_joined(settings, argument, text, directive, parse)
               : parse_value(settings, argument, text, parse);
}

const char *shop_directive_parse(shop_settings_t *settings, const shop_directive_t *directive,
                                 int argc, char *const argv[], shop_parse_t *parse)
{
    int needed = 0;
    int joined = 0;
    const char *problem;

    for (int i = 0; i < directive->count; i++) {
        shop_form_t form = directive->arguments[i].form;

        needed += form == SHOP_FORM_NEEDED || form == SHOP_FORM_WORD;
        joined += form == SHOP_FORM_JOINED;
    }
    problem = shop_directive_count_problem(argc, needed ? needed : 1, directive->count - joined,
                                           parse->pool);
    for (int i = 0; i < argc && !problem; i++) {
        parse->bad = argv[i];
        problem = by_place(&directive->arguments[i])
                      ? parse_placed(settings, directive, i, argv[i], parse)
                      : parse_named(settings, directive, argv[i], parse);
    }
    return problem;
}

/* ---- values to text ---- */

/* NULL: nothing is set. */
static const char *value_text(const shop_argument_t *argument, const shop_settings_t *settings,
                              apr_pool_t *pool)
{
    const shop_kind_row_t *kind = shop_kind_row(argument->kind);
    const void *value = value_of(settings, argument);

    /* A number that nobody could have written: the httpd layer's own default, not known yet. */
    if (!kind->text || (argument->kind == SHOP_KIND_WHOLE && *(const int *)value < argument->min)) {
        return NULL;
    }
    return kind->text(value, pool);
}

static const char *join(const char *text, const shop_argument_t *argument, const char *value,
                        apr_pool_t *pool)
{
    const char *gap = !*text ? "" : argument->form == SHOP_FORM_JOINED ? argument->label : " ";
    bool named = argument->form == SHOP_FORM_NAMED;

    return apr_pstrcat(pool, text, gap, named ? argument->label : "", named ? "=" : "", value,
                       NULL);
}

const char *shop_directive_text(const shop_directive_t *directive, const shop_settings_t *settings,
                                apr_pool_t *pool)
{
    const char *text = "";

    for (int i = 0; i < directive->count; i++) {
        const shop_argument_t *argument = &directive->arguments[i];
        const char *value;

        if (argument->form == SHOP_FORM_HIDDEN) {
            continue;
        }
        value = argument->form == SHOP_FORM_WORD ? argument->label
                                                 : value_text(argument, settings, pool);
        if (!value) {
            value = apr_pstrcat(pool, "(", argument->said ? argument->said : "none", ")", NULL);
        }
        text = join(text, argument, value, pool);
    }
    return text;
}

const char *shop_directive_default_text(const shop_directive_t *directive, apr_pool_t *pool)
{
    shop_settings_t settings;
    const char *text = "";

    shop_settings_defaults(&settings);
    for (int i = 0; i < directive->count; i++) {
        const shop_argument_t *argument = &directive->arguments[i];
        const char *value = argument->form == SHOP_FORM_WORD ? argument->label : argument->said;

        if (argument->form == SHOP_FORM_HIDDEN) {
            continue;
        }
        value = value ? value : value_text(argument, &settings, pool);
        text = join(text, argument, value ? value : "none", pool);
    }
    return text;
}
