/* SPDX-License-Identifier: MIT */
#include "tools/shopctl_table.h"

#include <apr_getopt.h>
#include <apr_strings.h>
#include <stdarg.h>
#include <string.h>

#define SHOPCTL_TAKES(NAME) (UINT64_C(1) << SHOPCTL_##NAME)
#define LETTERS 256 /* an option without a letter is 256 + its row for apr_getopt_long */

const shopctl_option_t shopctl_options[SHOPCTL_OPTION_COUNT] = {
#define SHOPCTL_OPTION(NAME, name, letter, value, help) { name, letter, value, help },
#include "tools/shopctl.def"
};

const shopctl_command_t shopctl_commands[SHOPCTL_COMMAND_COUNT] = {
#define SHOPCTL_COMMAND(name, words, arguments, count, options, summary, help) \
    { words, arguments, count, options, summary, help },
#include "tools/shopctl.def"
};

const shopctl_exit_t shopctl_exits[] = {
#define SHOPCTL_EXIT(number, NAME, meaning) { number, meaning },
#include "tools/shopctl.def"
    { 0, NULL },
};

_Static_assert(SHOPCTL_OPTION_COUNT <= 64, "one bit per option");

bool shopctl_takes(const shopctl_command_t *command, int option)
{
    return option == SHOPCTL_HELP || (command->options >> option & 1);
}

bool shopctl_is_of_group(const shopctl_command_t *command, const char *group)
{
    size_t size = strlen(group);

    return !strncmp(command->words, group, size) && command->words[size] == ' ';
}

/* How many of the words are the command's; 0: it is another one. */
static int words_of(const shopctl_command_t *command, const char *const *words, int count)
{
    const char *rest = command->words;
    int used = 0;

    for (; used < count && *rest; used++) {
        size_t size = strcspn(rest, " ");

        if (strlen(words[used]) != size || strncmp(words[used], rest, size) != 0) {
            return 0;
        }
        rest += size + (rest[size] == ' ');
    }
    return *rest ? 0 : used;
}

/* *used: how many words name the command that was found. */
static const shopctl_command_t *find_command(int *used, const char *const *words, int count)
{
    for (int i = 0; i < SHOPCTL_COMMAND_COUNT; i++) {
        *used = words_of(&shopctl_commands[i], words, count);
        if (*used) {
            return &shopctl_commands[i];
        }
    }
    *used = 0;
    return NULL;
}

static const char *find_group(const char *word)
{
    for (int i = 0; i < SHOPCTL_COMMAND_COUNT; i++) {
        if (shopctl_is_of_group(&shopctl_commands[i], word)) {
            return word;
        }
    }
    return NULL;
}

bool shopctl_find_topic(shopctl_line_t *line, const char *const *words, int count)
{
    int used;

    line->command = find_command(&used, words, count);
    if (line->command && used != count) {
        line->command = NULL;
        return false;
    }
    line->group = !line->command && count == 1 ? find_group(words[0]) : NULL;
    return line->command || line->group;
}

/* ---- the command line ---- */

typedef struct said_t {
    const char *message; /* of apr_getopt_long; NULL: none */
    apr_pool_t *pool;
} said_t;

static void keep_message(void *baton, const char *format, ...)
{
    said_t *said = baton;
    va_list args;

    va_start(args, format);
    said->message = apr_pvsprintf(said->pool, format, args);
    va_end(args);
}

static apr_getopt_option_t *known_options(apr_pool_t *pool)
{
    apr_getopt_option_t *known = apr_pcalloc(pool, sizeof(*known) * (SHOPCTL_OPTION_COUNT + 1));

    for (int i = 0; i < SHOPCTL_OPTION_COUNT; i++) {
        const shopctl_option_t *option = &shopctl_options[i];

        known[i] =
            (apr_getopt_option_t){ option->name, option->letter ? option->letter : LETTERS + i,
                                   option->value != NULL, "" };
    }
    return known;
}

static int row_of(int letter)
{
    int row = 0;

    if (letter >= LETTERS) {
        return letter - LETTERS;
    }
    while (shopctl_options[row].letter != letter) {
        row++;
    }
    return row;
}

/* apr_getopt_long says "shopctl: invalid option: nonsense". */
static const char *trimmed(const char *message, apr_pool_t *pool)
{
    const char *colon = message ? strstr(message, ": ") : NULL;
    const char *text = colon ? colon + 2 : "the command line cannot be read";

    return apr_pstrmemdup(pool, text, strcspn(text, "\n"));
}

static const char *read_options(const char *const **words, int *count, shopctl_line_t *line,
                                int argc, const char *const argv[], apr_pool_t *pool)
{
    said_t said = { NULL, pool };
    apr_getopt_option_t *known = known_options(pool);
    apr_getopt_t *state;
    const char *value;
    apr_status_t status;
    int letter;

    apr_getopt_init(&state, pool, argc, argv);
    state->interleave = 1;
    state->errfn = keep_message;
    state->errarg = &said;
    while ((status = apr_getopt_long(state, known, &letter, &value)) == APR_SUCCESS) {
        int row = row_of(letter);

        line->values[row] = shopctl_options[row].value ? value : shopctl_options[row].name;
    }
    *words = (const char *const *)state->argv + state->ind;
    *count = argc - state->ind;
    return status == APR_EOF ? NULL : trimmed(said.message, pool);
}

static const char *check_options(const shopctl_line_t *line, apr_pool_t *pool)
{
    for (int i = 0; i < SHOPCTL_OPTION_COUNT; i++) {
        if (line->values[i] && !shopctl_takes(line->command, i)) {
            return apr_psprintf(pool, "%s takes no --%s", line->command->words,
                                shopctl_options[i].name);
        }
    }
    return NULL;
}

static const char *take_arguments(shopctl_line_t *line, const char *const *words, int count,
                                  apr_pool_t *pool)
{
    const shopctl_command_t *command = line->command;
    bool optional = *command->arguments == '[';

    if (count > command->count) {
        return apr_psprintf(pool, "%s: the argument '%s' is one too many", command->words,
                            words[command->count]);
    }
    if (!optional && count < command->count) {
        return apr_psprintf(pool, "%s needs %s", command->words, command->arguments);
    }
    for (; line->count < count; line->count++) {
        line->arguments[line->count] = words[line->count];
    }
    return NULL;
}

static const char *unknown(shopctl_line_t *line, const char *const *words, int count,
                           apr_pool_t *pool)
{
    line->group = find_group(words[0]);
    if (line->group && count == 1) {
        return apr_psprintf(pool, "%s: say which command of it", words[0]);
    }
    return line->group ? apr_psprintf(pool, "there is no command '%s %s'", words[0], words[1])
                       : apr_psprintf(pool, "there is no command '%s'", words[0]);
}

const char *shopctl_parse(shopctl_line_t *line, int argc, const char *const argv[],
                          apr_pool_t *pool)
{
    const char *const *words;
    const char *problem;
    int count, used;

    memset(line, 0, sizeof(*line));
    problem = read_options(&words, &count, line, argc, argv, pool);
    if (problem) {
        return problem;
    }
    if (!count) {
        return line->values[SHOPCTL_HELP] || line->values[SHOPCTL_VERSION] ? NULL
                                                                           : "name a command";
    }
    line->command = find_command(&used, words, count);
    if (!line->command) {
        problem = unknown(line, words, count, pool);
        return line->group && count == 1 && line->values[SHOPCTL_HELP] ? NULL : problem;
    }
    if (line->values[SHOPCTL_HELP]) {
        return NULL;
    }
    problem = check_options(line, pool);
    return problem ? problem : take_arguments(line, words + used, count - used, pool);
}
