#include "cli/command_backend.h"

#include <stdlib.h>
#include <string.h>

#include "base/attributes.h"
#include "base/text.h"

/* Not getopt_long(): it takes any unambiguous beginning of a name, so that a new option could
 * change what an old script says. */

const struct option_row command_global_options[] = {
    {"config", 'c', "FILE",
     "the configuration (else $DISPATCHER_CONFIG, config/dispatcher.yaml, the installed)"},
    {"set", 0, "KEY=VALUE", "override one key of the configuration; may be repeated"},
    {"socket", 0, "FILE", "ask the daemon that listens there, and nobody else"},
    {"json", 0, NULL, "print JSON, one object per line: the stable form for programs"},
    {"quiet", 'q', NULL, "on stderr only errors"},
    {"verbose", 'v', NULL, "say on stderr also which configuration and which daemon answered"},
    {"color", 0, "auto|always|never", "colours: auto looks at the terminal, NO_COLOR and TERM"},
    {"no-input", 0, NULL, "never ask; what wants an answer fails and names the missing option"},
    {"help", 'h', NULL, "print this help"},
};
const size_t command_global_option_count = COUNT_OF(command_global_options);

/* A command's own row stands before the global one of the same name. */
static void gather_rows(struct invocation *inv)
{
    for (size_t i = 0; i < inv->command->option_count && inv->row_count < OPTIONS_MAX; i++)
        inv->rows[inv->row_count++] = &inv->command->options[i];
    for (size_t i = 0; i < command_global_option_count && inv->row_count < OPTIONS_MAX; i++)
        inv->rows[inv->row_count++] = &command_global_options[i];
}

static int find_long(const struct invocation *inv, const char *name, size_t len)
{
    for (size_t i = 0; i < inv->row_count; i++) {
        if (strlen(inv->rows[i]->name) == len && memcmp(inv->rows[i]->name, name, len) == 0)
            return (int)i;
    }
    return -1;
}

static int find_letter(const struct invocation *inv, char letter)
{
    for (size_t i = 0; i < inv->row_count; i++) {
        if (inv->rows[i]->letter == letter)
            return (int)i;
    }
    return -1;
}

static int unknown_option(const struct invocation *inv, const char *word, struct error *err)
{
    const char *names[OPTIONS_MAX], *bare = word + strspn(word, "-"), *meant = NULL;
    char name[64] = "";
    size_t len = strcspn(bare, "=");
    if (len < sizeof(name))
        memcpy(name, bare, len);
    if (strcmp(word, "--yes") == 0 && find_long(inv, "confirm", strlen("confirm")) >= 0)
        return error_set(err, ERR_USAGE,
                         "%s wants no yes but a name: it is typed when asked, or given with "
                         "--confirm; see --help",
                         inv->command->name);
    for (size_t i = 0; i < inv->row_count; i++) {
        names[i] = inv->rows[i]->name;
        if (meant == NULL && len >= 3 && strncmp(names[i], name, len) == 0)
            meant = names[i];
    }
    if (meant == NULL)
        meant = text_closest(name, names, inv->row_count);
    if (meant == NULL)
        return error_set(err, ERR_USAGE, "%s does not know the option \"%s\"; see --help",
                         inv->command->name, word);
    return error_set(err, ERR_USAGE, "%s does not know the option \"%s\"; did you mean --%s?",
                     inv->command->name, word, meant);
}

static int take_override(struct invocation *inv, char *given, struct error *err)
{
    char *equals = strchr(given, '=');
    if (equals == NULL)
        return error_set(err, ERR_USAGE, "--set wants KEY=VALUE, not \"%s\"", given);
    if (inv->override_count >= OVERRIDES_MAX)
        return error_set(err, ERR_USAGE, "--set may be given %d times, not more; use --config",
                         OVERRIDES_MAX);
    *equals = '\0';
    inv->overrides[inv->override_count++] =
        (struct config_override){.key = given, .value = equals + 1};
    return 0;
}

/* The place of the socket is a key like others, so that `run --socket` listens there. */
static int take_socket(struct invocation *inv, const char *path, struct error *err)
{
    if (inv->override_count >= OVERRIDES_MAX)
        return error_set(err, ERR_USAGE, "--set may be given %d times, not more; use --config",
                         OVERRIDES_MAX);
    inv->overrides[inv->override_count++] =
        (struct config_override){.key = "control_socket", .value = path};
    return 0;
}

static int take_value(struct invocation *inv, int row, char *value, struct error *err)
{
    int rc = command_value_check(inv->rows[row], value, err);
    if (rc != 0)
        return rc;
    if (inv->given_count >= GIVEN_MAX)
        return error_set(err, ERR_USAGE, "at most %d options with a value can be given at once",
                         GIVEN_MAX);
    inv->given[inv->given_count++] = (struct given){row, value};
    inv->values[row] = value;
    if (strcmp(inv->rows[row]->name, "socket") == 0)
        return take_socket(inv, value, err);
    return strcmp(inv->rows[row]->name, "set") == 0 ? take_override(inv, value, err) : 0;
}

/* One option and its value, at words[*at]. */
static int take_long(struct invocation *inv, size_t count, char **words, size_t *at,
                     struct error *err)
{
    char *word = words[*at], *name = word + 2;
    size_t len = strcspn(name, "=");
    int row = find_long(inv, name, len);
    if (row < 0)
        return unknown_option(inv, word, err);
    bool wants = inv->rows[row]->value != NULL;
    if (!wants && name[len] == '=')
        return error_set(err, ERR_USAGE, "--%s takes no value", inv->rows[row]->name);
    if (name[len] == '=')
        return take_value(inv, row, name + len + 1, err);
    inv->values[row] = "";
    if (!wants)
        return 0;
    if (*at + 1 >= count)
        return error_set(err, ERR_USAGE, "%s wants a value", word);
    return take_value(inv, row, words[++*at], err);
}

/* "-ny", "-cFILE", "-c FILE". */
static int take_letters(struct invocation *inv, size_t count, char **words, size_t *at,
                        struct error *err)
{
    char *letters = words[*at] + 1;
    for (; *letters != '\0'; letters++) {
        const char alone[] = {'-', *letters, '\0'};
        int row = find_letter(inv, *letters);
        if (row < 0)
            return unknown_option(inv, alone, err);
        if (inv->rows[row]->value != NULL) {
            if (letters[1] != '\0')
                return take_value(inv, row, letters + 1, err);
            if (*at + 1 >= count)
                return error_set(err, ERR_USAGE, "%s wants a value", alone);
            return take_value(inv, row, words[++*at], err);
        }
        inv->values[row] = "";
    }
    return 0;
}

int command_line_parse(struct invocation *inv, size_t count, char **words, struct error *err)
{
    size_t arguments = 0;
    bool options = true;
    int rc = 0;
    gather_rows(inv);
    for (size_t i = 0; i < count && rc == 0; i++) {
        if (!options || words[i][0] != '-' || words[i][1] == '\0')
            words[arguments++] = words[i];
        else if (strcmp(words[i], "--") == 0)
            options = false;
        else if (words[i][1] == '-')
            rc = take_long(inv, count, words, &i, err);
        else
            rc = take_letters(inv, count, words, &i, err);
    }
    inv->arguments = words;
    inv->argument_count = arguments;
    return rc;
}
