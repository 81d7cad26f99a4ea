/* SPDX-License-Identifier: MIT */
#ifndef SHOP_BASE_FIELDS_H
#define SHOP_BASE_FIELDS_H

/* A field table describes a JSON object and its C struct in one place. Request bodies are parsed
 * and validated with it, replies are printed with it, and the schemas of the OpenAPI document are
 * made from it. Tables are constant arrays, so that they can be searched and stepped through. */

#include <apr_pools.h>
#include <apr_tables.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "json.h"

typedef enum {
    SHOP_FIELD_END = 0,
    SHOP_FIELD_STRING, /* const char *; min..max code points; see shop_text_refused */
    SHOP_FIELD_TEXT,   /* const char *; as STRING, may hold newlines and tabs */
    SHOP_FIELD_SECRET, /* const char *; min..max code points, any character; never printed */
    SHOP_FIELD_ID,     /* const char *; 24 hex digits */
    SHOP_FIELD_EMAIL,  /* const char *; shop_text_is_email; always TRIMMED */
    SHOP_FIELD_URL,    /* const char *; shop_text_is_image_url */
    SHOP_FIELD_ENUM,   /* const char *; one of .values (NULL-terminated) */
    SHOP_FIELD_INT,    /* int64_t; min..max; any JSON number that is integral */
    SHOP_FIELD_BOOL,   /* bool */
    SHOP_FIELD_MONEY,  /* int64_t minor units; min..max minor units */
    SHOP_FIELD_TIME,   /* apr_time_t; RFC 3339 with zone; 0 prints null */
    SHOP_FIELD_OBJECT, /* pointer to a struct described by .fields; NULL prints null */
    SHOP_FIELD_LIST,   /* apr_array_header_t * of pointers to structs of .fields */
    SHOP_FIELD_STRINGS /* apr_array_header_t * of const char * */
} shop_field_kind_t;

enum {
    SHOP_REQUIRED = 1 << 0,   /* must be in a body; always in a reply */
    SHOP_NULLABLE = 1 << 1,   /* null is allowed in a body and means the default */
    SHOP_OMIT_NULL = 1 << 2,  /* not printed when NULL, 0 time, or negative number */
    SHOP_READ_ONLY = 1 << 3,  /* printed, never accepted: naming it in a body is "unknown" */
    SHOP_WRITE_ONLY = 1 << 4, /* accepted, never printed */
    SHOP_ON_CREATE =
        1 << 5, /* accepted on creation only; "unknown" in a PATCH, and no merge changes it */
    SHOP_FOR_OWNER = 1 << 6,     /* printed for the object's owner and for admins */
    SHOP_FOR_ADMIN = 1 << 7,     /* printed for admins */
    SHOP_FOR_NOBODY = 1 << 8,    /* neither accepted nor printed: only stored */
    SHOP_NOT_STORED = 1 << 9,    /* computed when it is printed; see store/record.h */
    SHOP_DEFAULT = 1 << 10,      /* default_number or default_text holds; set by the macros */
    SHOP_NEW_PASSWORD = 1 << 11, /* the handler checks it against the shop's password policy */
    SHOP_TRIMMED =
        1 << 12 /* text kinds: leading and trailing spaces are removed before the checks. The row
                   has a pattern with its bounds, as a schema's maxLength counts them. */
};

/* The reader of a reply. A row without a SHOP_FOR_... flag is printed for everybody. */
typedef enum {
    SHOP_AUDIENCE_EVERYBODY = 0,
    SHOP_AUDIENCE_OWNER,
    SHOP_AUDIENCE_ADMIN
} shop_audience_t;

typedef struct shop_field_t {
    const char *name; /* JSON member; NULL ends the table */
    shop_field_kind_t kind;
    size_t offset; /* of the member in its struct */
    unsigned flags;
    int64_t min, max;                  /* characters, integer or minor units, list length;
                                          both 0: no bounds */
    const char *help;                  /* one sentence for the OpenAPI document */
    const char *const *values;         /* ENUM: allowed values; STRINGS: allowed items, NULL: any */
    const char *pattern;               /* STRING: what the handler enforces, as a regular expression
                                          for the OpenAPI document; NULL: what the kind does */
    const struct shop_field_t *fields; /* OBJECT, LIST */
    size_t size;                       /* OBJECT, LIST: sizeof the struct; 0: in replies only */
    int64_t default_number;            /* with SHOP_DEFAULT: INT, MONEY (minor units), BOOL */
    const char *default_text;          /* with SHOP_DEFAULT: text kinds */
} shop_field_t;

/* SHOP_FIELD(shop_coupon_t, code, STRING, SHOP_REQUIRED, 3, 32, "what the customer types") */
#define SHOP_FIELD(type, member, KIND, flags_, min_, max_, help_)                     \
    {                                                                                 \
        .name = #member, .kind = SHOP_FIELD_##KIND, .offset = offsetof(type, member), \
        .flags = (flags_), .min = (min_), .max = (max_), .help = (help_)              \
    }
/* The same with a JSON name that differs from the C name. */
#define SHOP_FIELD_NAMED(name_, type, member, KIND, flags_, min_, max_, help_)        \
    {                                                                                 \
        .name = (name_), .kind = SHOP_FIELD_##KIND, .offset = offsetof(type, member), \
        .flags = (flags_), .min = (min_), .max = (max_), .help = (help_)              \
    }
/* The same with the value of an absent member: SHOP_FIELD_DEFAULT(..., MONEY, 0, 0, "least", 100)
 */
#define SHOP_FIELD_DEFAULT(type, member, KIND, flags_, min_, max_, help_, number_)       \
    {                                                                                    \
        .name = #member, .kind = SHOP_FIELD_##KIND, .offset = offsetof(type, member),    \
        .flags = (flags_) | SHOP_DEFAULT, .min = (min_), .max = (max_), .help = (help_), \
        .default_number = (number_)                                                      \
    }
#define SHOP_FIELD_DEFAULT_TEXT(type, member, KIND, flags_, min_, max_, help_, text_)    \
    {                                                                                    \
        .name = #member, .kind = SHOP_FIELD_##KIND, .offset = offsetof(type, member),    \
        .flags = (flags_) | SHOP_DEFAULT, .min = (min_), .max = (max_), .help = (help_), \
        .default_text = (text_)                                                          \
    }
#define SHOP_FIELD_ENUM_OF(type, member, flags_, values_, help_)                    \
    {                                                                               \
        .name = #member, .kind = SHOP_FIELD_ENUM, .offset = offsetof(type, member), \
        .flags = (flags_), .help = (help_), .values = (values_)                     \
    }
/* STRINGS of these values. */
#define SHOP_FIELD_STRINGS_OF(type, member, flags_, values_, help_)                    \
    {                                                                                  \
        .name = #member, .kind = SHOP_FIELD_STRINGS, .offset = offsetof(type, member), \
        .flags = (flags_), .help = (help_), .values = (values_)                        \
    }
/* STRING with a pattern that the handler enforces. */
#define SHOP_FIELD_PATTERN(type, member, flags_, min_, max_, help_, pattern_)                   \
    {                                                                                           \
        .name = #member, .kind = SHOP_FIELD_STRING, .offset = offsetof(type, member),           \
        .flags = (flags_), .min = (min_), .max = (max_), .help = (help_), .pattern = (pattern_) \
    }
#define SHOP_FIELD_OBJECT_OF(type, member, flags_, inner_type, fields_, help_)              \
    {                                                                                       \
        .name = #member, .kind = SHOP_FIELD_OBJECT, .offset = offsetof(type, member),       \
        .flags = (flags_), .help = (help_), .fields = (fields_), .size = sizeof(inner_type) \
    }
#define SHOP_FIELD_LIST_OF(type, member, flags_, fields_, help_)                    \
    {                                                                               \
        .name = #member, .kind = SHOP_FIELD_LIST, .offset = offsetof(type, member), \
        .flags = (flags_), .help = (help_), .fields = (fields_)                     \
    }
#define SHOP_FIELDS_END \
    {                   \
        .name = NULL    \
    }

/* The members that a body named: bit i stands for row i of the table (at most 64 rows). */
typedef uint64_t shop_present_t;

/* The row with this name, or NULL. */
const shop_field_t *shop_fields_row(const shop_field_t *fields, const char *name);
/* Has the member of this row no value? True of NULL, time 0, and for NULLABLE or OMIT_NULL rows a
 * negative number. */
bool shop_field_is_null(const void *member, const shop_field_t *row);
/* sizeof a member of this kind. */
size_t shop_field_size(shop_field_kind_t kind);
void shop_field_default(void *member, const shop_field_t *row);
/* Sets every member of record to the value it has when a body does not name it: the row's default,
 * else NULL, 0, false or time 0; -1 ("none") for a NULLABLE number. */
void shop_fields_default(void *record, const shop_field_t *fields);

/* Reads doc into *record, which already holds the defaults; absent members are not changed. Reports
 * every violation, not only the first. partial: the body of a PATCH; required members may be
 * absent, SHOP_ON_CREATE members must be. currency_exponent: decimals of MONEY. Strings point into
 * doc and live as long as it. null sets a NULLABLE member to its default and marks it present. An
 * OBJECT or LIST replaces the previous value; its own members are never partial. */
shop_error_t *shop_fields_read(void *record, shop_present_t *present, const shop_field_t *fields,
                               const shop_json_doc_t *doc, bool partial, int currency_exponent,
                               apr_pool_t *pool);
/* Did the body name the member at this offset? */
bool shop_fields_has(shop_present_t present, const shop_field_t *fields, const char *name);

/* The merge of PATCH and PUT: copies the members in present from a body's record to the stored
 * record of the same table, except READ_ONLY and ON_CREATE members. SHOP_PRESENT_ALL: every member,
 * for a PUT. The copy is shallow. */
#define SHOP_PRESENT_ALL UINT64_MAX
void shop_fields_merge(void *record, const void *body, const shop_field_t *fields,
                       shop_present_t present);

/* Validates one value against its row, for values that do not come from JSON (query strings). Adds
 * violations to *err with this pointer. Text kinds only (STRING to ENUM). *text may be replaced by
 * its normal form (identifiers in lower case). */
bool shop_field_check_text(shop_error_t **err, const char **text, const shop_field_t *field,
                           const char *pointer, apr_pool_t *pool);
/* Reads INT, or MONEY in minor units, from a number in JSON syntax: 1.0 and 1e0 are integers; money
 * must be a plain decimal. Violations: "type" (not a number), "format" (money with an exponent),
 * "decimals", "too_large", "negative" (where the row allows none) and "too_small". */
bool shop_field_read_number(shop_error_t **err, int64_t *number, const char *text,
                            const shop_field_t *field, const char *pointer, int currency_exponent,
                            apr_pool_t *pool);

/* Prints record as a JSON object with the members that audience may see. A negative INT or MONEY of
 * a NULLABLE row prints null, a NULL LIST or STRINGS an empty list. */
void shop_fields_write(shop_json_out_t *out, const shop_field_t *fields, const void *record,
                       shop_audience_t audience, int currency_exponent);

/* The purpose of a schema. */
typedef struct shop_schema_use_t {
    bool reply;   /* without WRITE_ONLY; members with an audience are not required */
    bool partial; /* body of a PATCH: no member is required */
    int currency_exponent;
    int password_min, password_max; /* of a NEW_PASSWORD member */
} shop_schema_use_t;

/* Does a schema for this purpose have the row's member? */
bool shop_field_is_shown(const shop_field_t *row, const shop_schema_use_t *use);
/* JSON Schema (2020-12) of a body or a reply. New reference owned by pool. */
json_t *shop_fields_schema(const shop_field_t *fields, const shop_schema_use_t *use,
                           apr_pool_t *pool);

#endif
