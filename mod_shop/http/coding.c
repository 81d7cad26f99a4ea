/* SPDX-License-Identifier: MIT
 * Parses Accept-Encoding. Weights are integers in thousandths, since the grammar allows three
 * decimals. */
#include "coding.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define UNSAID (-1)
#define FULL 1000

static const char *const names[SHOP_CODINGS] = { "identity", "gzip", "br" };

const char *shop_coding_name(shop_coding_t coding)
{
    return names[coding];
}

static bool is_word(const char *text, size_t size, const char *word)
{
    return size == strlen(word) && !strncasecmp(text, word, size);
}

bool shop_coding_of(shop_coding_t *coding, const char *name, unsigned long size)
{
    *coding = SHOP_CODING_GZIP;
    if (is_word(name, size, "x-gzip")) { /* section 8.4.1.3: equivalent */
        return true;
    }
    for (*coding = SHOP_CODING_IDENTITY; *coding < SHOP_CODINGS; (*coding)++) {
        if (is_word(name, size, names[*coding])) {
            return true;
        }
    }
    return false;
}

static const char *skip_blanks(const char *at)
{
    return at + strspn(at, " \t");
}

/* "0.5" gives 500; UNSAID when it is not a weight. *at advances past it. */
static int take_weight(const char **at)
{
    int weight, place = FULL / 10;

    if (**at != '0' && **at != '1') {
        return UNSAID;
    }
    weight = **at == '1' ? FULL : 0;
    if (*++*at == '.') {
        for (++*at; isdigit((unsigned char)**at) && place; ++*at) {
            weight += (**at - '0') * place;
            place /= 10;
        }
    }
    return weight <= FULL ? weight : UNSAID;
}

typedef struct element_t {
    const char *name;
    size_t size;
    int weight;
} element_t;

/* Parses one element, up to a comma or the end. false: it is empty or violates the grammar. */
static bool read_element(element_t *element, const char *at)
{
    at = skip_blanks(at);
    element->name = at;
    element->size = strcspn(at, " \t;,");
    element->weight = FULL;
    at = skip_blanks(at + element->size);
    if (*at == ';') {
        at = skip_blanks(at + 1);
        if (strncasecmp(at, "q=", 2) != 0) {
            return false;
        }
        at += 2;
        element->weight = take_weight(&at);
        at = skip_blanks(at);
    }
    return element->size && element->weight != UNSAID && (!*at || *at == ',');
}

/* If a name is listed twice, the higher weight counts. */
static void read_weights(int *weights, int *others, const char *list)
{
    for (; *list; list += *list == ',') {
        element_t element;
        shop_coding_t coding;
        int *weight = NULL;

        if (read_element(&element, list)) {
            if (is_word(element.name, element.size, "*")) {
                weight = others;
            } else if (shop_coding_of(&coding, element.name, element.size)) {
                weight = &weights[coding];
            }
            if (weight && *weight < element.weight) {
                *weight = element.weight;
            }
        }
        list += strcspn(list, ",");
    }
}

shop_coding_t shop_coding_choose(unsigned *acceptable, const char *accept_encoding,
                                 unsigned offered)
{
    int weights[SHOP_CODINGS] = { UNSAID, UNSAID, UNSAID };
    int others = UNSAID, best_weight = 0;
    shop_coding_t best = SHOP_CODING_IDENTITY;

    *acceptable = SHOP_CODING_BIT(SHOP_CODING_IDENTITY);
    if (!accept_encoding || !offered) {
        return best;
    }
    read_weights(weights, &others, accept_encoding);
    *acceptable = 0;
    for (shop_coding_t coding = SHOP_CODING_IDENTITY; coding < SHOP_CODINGS; coding++) {
        int weight = weights[coding] != UNSAID ? weights[coding] : others;

        if (coding == SHOP_CODING_IDENTITY && weight == UNSAID) {
            *acceptable |= SHOP_CODING_BIT(coding); /* but after all codings that are named */
        } else if (weight > 0 &&
                   (coding == SHOP_CODING_IDENTITY || (offered & SHOP_CODING_BIT(coding)))) {
            *acceptable |= SHOP_CODING_BIT(coding);
            if (weight >= best_weight) {
                best = coding;
                best_weight = weight;
            }
        }
    }
    *acceptable |= SHOP_CODING_BIT(best);
    return best;
}
