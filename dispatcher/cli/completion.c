/*
 * Completion asks the program itself: the scripts only hand over what stands on the line, and
 * `dispatcher complete` answers from the table of commands. So a script of an older release knows
 * the commands of a newer one.
 */
#include "cli/command_list.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/attributes.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/command_backend.h"
#include "cli/help.h"
#include "cli/output.h"
#include "engine/client.h"
#include "model/cause.h"
#include "model/json.h"

/* ---- the answer ---- */

struct line {
    const struct invocation *inv;
    char **words;        /* behind "dispatcher", options before the command not among them */
    size_t count;        /* before the one at which the cursor stands */
    const char *current; /* what of it is typed */
    const char *config;  /* what -c says among them */
};

/* One candidate a line, its description behind a tab; a line with a colon first is for the script.
 */
static void offer(const struct line *l, const char *prefix, const char *word, size_t len,
                  const char *about)
{
    size_t prefix_len = strlen(prefix), typed = strlen(l->current);
    bool fits = typed <= prefix_len
                    ? strncmp(prefix, l->current, typed) == 0
                    : strncmp(prefix, l->current, prefix_len) == 0 && len >= typed - prefix_len &&
                          memcmp(word, l->current + prefix_len, typed - prefix_len) == 0;
    if (fits)
        printf("%s%.*s%s%s\n", prefix, (int)len, word, about[0] != '\0' ? "\t" : "", about);
}

static void offer_word(const struct line *l, const char *word, const char *about)
{
    offer(l, "", word, strlen(word), about);
}

static void offer_files(void)
{
    puts(":files");
}

static void offer_directories(void)
{
    puts(":directories");
}

/* ---- what values may be ---- */

static void offer_words(const struct line *l, const char *prefix, const char *words)
{
    for (const char *at = words; *at != '\0';) {
        size_t len = strcspn(at, "|");
        offer(l, prefix, at, len, "");
        at += len + (at[len] == '|');
    }
}

static struct settings *load_settings(const struct line *l)
{
    struct config_options options = *invocation_config(l->inv);
    struct settings *settings = NULL;
    struct error ignored;
    options.without_secrets = true;
    if (l->config != NULL)
        options.path = l->config;
    if (config_load(&options, &settings, &ignored) != 0 &&
        config_locate_spool(&options, &settings, &ignored) != 0)
        return NULL;
    return settings;
}

/* The directories in one that are names of their own: letters, batches. */
static void offer_entries(const struct line *l, const char *prefix, const char *directory)
{
    DIR *all = directory != NULL ? opendir(directory) : NULL;
    struct dirent *entry;
    while (all != NULL && (entry = readdir(all)) != NULL) {
        const char *name = entry->d_name;
        if (entry->d_type == DT_DIR && name[0] != '.' && name[0] != '_')
            offer(l, prefix, name, strlen(name), "");
    }
    if (all != NULL)
        closedir(all);
}

static void offer_letters(const struct line *l, const char *prefix, const struct settings *s)
{
    offer_entries(l, prefix, s->templates);
}

static void offer_batches(const struct line *l, const char *prefix, const struct settings *s)
{
    char *batches = file_join(s->spool, "batches"), *new = file_join(s->spool, "new");
    offer_entries(l, prefix, batches);
    offer_entries(l, prefix, new);
    free(batches);
    free(new);
}

static void offer_transports(const struct line *l, const char *prefix, const struct settings *s)
{
    for (size_t i = 0; i < s->transport_count; i++)
        offer(l, prefix, s->transports[i].name, strlen(s->transports[i].name), "");
}

static void offer_endpoints(const struct line *l, const char *prefix, const struct settings *s)
{
    for (size_t i = 0; i < s->endpoint_count; i++)
        offer(l, prefix, s->endpoints[i].name, strlen(s->endpoints[i].name), "");
}

struct typed {
    const struct line *line;
    const char *prefix;
};

static void offer_campaign(void *context, const struct json_t *row)
{
    const struct typed *t = context;
    const char *name = json_get_text(row, "campaign", "");
    offer(t->line, t->prefix, name, strlen(name), json_get_text(row, "state", ""));
}

/* Beside the daemon, so that Tab never waits for it; what cannot be asked offers nothing. */
static void offer_campaigns(const struct line *l, const char *prefix, const struct settings *s)
{
    struct typed typed = {l, prefix};
    struct buf rows = {0}, end = {0};
    struct client *client = NULL;
    struct error ignored;
    if (client_open_beside(s, &client, &ignored) == 0 &&
        client_ask(client, "{\"v\":1,\"verb\":\"campaigns\"}", &rows, &end, &ignored) == 0)
        output_each_line(&rows, offer_campaign, &typed);
    client_close(client);
    buf_free(&rows);
    buf_free(&end);
}

static const struct {
    const char *kind;
    void (*offer)(const struct line *l, const char *prefix, const struct settings *s);
} named[] = {
    {"TEMPLATE", offer_letters},     {"LETTER", offer_letters},     {"BATCH", offer_batches},
    {"TRANSPORT", offer_transports}, {"ENDPOINT", offer_endpoints}, {"CAMPAIGN", offer_campaigns},
};

static bool offer_named(const struct line *l, const char *prefix, const char *kind, size_t len)
{
    for (size_t i = 0; i < COUNT_OF(named); i++) {
        if (strlen(named[i].kind) != len || memcmp(named[i].kind, kind, len) != 0)
            continue;
        struct settings *settings = load_settings(l);
        if (settings != NULL)
            named[i].offer(l, prefix, settings);
        settings_free(settings);
        free(settings);
        return true;
    }
    return false;
}

static void offer_causes(const struct line *l, const char *prefix)
{
    for (size_t i = 0; cause_name(i) != NULL; i++)
        offer(l, prefix, cause_name(i), strlen(cause_name(i)), "");
}

/* What a name in capitals stands for. False: nobody knows. */
static bool offer_kind(const struct line *l, const char *prefix, const char *kind, size_t len)
{
    static const char *const files[] = {"FILE", "CSV", "PATH", "F", "OLD", "NEW"};
    if (offer_named(l, prefix, kind, len))
        return true;
    bool directory = len == 3 && memcmp(kind, "DIR", len) == 0;
    bool file = memchr(kind, '.', len) != NULL;
    for (size_t i = 0; i < COUNT_OF(files); i++)
        file = file || (strlen(files[i]) == len && memcmp(files[i], kind, len) == 0);
    if (directory)
        offer_directories();
    else if (file)
        offer_files();
    return directory || file;
}

static void offer_value(const struct line *l, const char *prefix, const struct option_row *row)
{
    const char *words = command_value_words(row);
    if (words != NULL)
        offer_words(l, prefix, words);
    else if (strcmp(row->name, "batch") == 0 && strcmp(row->value, "ID") == 0)
        offer_named(l, prefix, "BATCH", strlen("BATCH"));
    else if (strcmp(row->name, "campaign") == 0 && strcmp(row->value, "NAME") == 0)
        offer_named(l, prefix, "CAMPAIGN", strlen("CAMPAIGN"));
    else if (strcmp(row->value, "CAUSE") == 0)
        offer_causes(l, prefix);
    else if (strcmp(row->value, "LANG") == 0 || strcmp(row->value, "LOCALE") == 0)
        offer_words(l, prefix, "de|ko|en");
    else
        offer_kind(l, prefix, row->value, strlen(row->value));
}

/* ---- the place on the line ---- */

static const struct option_row *find_row(const struct command *c, const char *name, size_t len)
{
    for (size_t i = 0; i < c->option_count; i++) {
        if (strlen(c->options[i].name) == len && memcmp(c->options[i].name, name, len) == 0)
            return &c->options[i];
    }
    for (size_t i = 0; i < command_global_option_count; i++) {
        const struct option_row *row = &command_global_options[i];
        if (strlen(row->name) == len && memcmp(row->name, name, len) == 0)
            return row;
    }
    return NULL;
}

/* The option that waits for its value where the cursor is. */
static const struct option_row *awaited(const struct line *l, const struct command *c)
{
    const char *before = l->count > 0 ? l->words[l->count - 1] : "";
    if (strcmp(before, "-c") == 0)
        before = "--config";
    const struct option_row *row =
        strncmp(before, "--", 2) == 0 ? find_row(c, before + 2, strlen(before + 2)) : NULL;
    return row != NULL && row->value != NULL ? row : NULL;
}

static void offer_options(const struct line *l, const struct command *c)
{
    for (size_t i = 0; i < c->option_count; i++)
        offer(l, "--", c->options[i].name, strlen(c->options[i].name), c->options[i].help);
    for (size_t i = 0; i < command_global_option_count; i++) {
        const struct option_row *row = &command_global_options[i];
        if (find_row(c, row->name, strlen(row->name)) == row)
            offer(l, "--", row->name, strlen(row->name), row->help);
    }
}

/* "--state=fai" in one word. */
static bool offer_joined(const struct line *l, const struct command *c)
{
    size_t len = strcspn(l->current, "=");
    if (strncmp(l->current, "--", 2) != 0 || l->current[len] != '=')
        return false;
    const struct option_row *row = find_row(c, l->current + 2, len - 2);
    if (row == NULL || row->value == NULL)
        return true;
    char *prefix = xstrndup(l->current, len + 1);
    offer_value(l, prefix, row);
    free(prefix);
    return true;
}

/* "campaign pause NAME": a campaign there is; "campaign new NAME" makes one. */
static bool is_campaign(const struct command *c, const char *kind, size_t len)
{
    return strncmp(c->name, "campaign ", 9) == 0 && strcmp(c->name, "campaign new") != 0 &&
           len == 4 && memcmp(kind, "NAME", 4) == 0;
}

/* By the names that `arguments` begins with: "TRANSPORT|GATEWAY --to NUMBER", "[ID...]". */
static void offer_arguments(const struct line *l, const struct command *c)
{
    const char *at = c->arguments + strspn(c->arguments, "[");
    bool known = false;
    for (;;) {
        size_t len = strcspn(at, "| ]");
        size_t bare = len > 3 && strncmp(at + len - 3, "...", 3) == 0 ? len - 3 : len;
        bool word = bare > 0 && at[0] >= 'a' && at[0] <= 'z';
        if (word)
            offer(l, "", at, bare, "");
        if (is_campaign(c, at, bare))
            known = offer_named(l, "", "CAMPAIGN", strlen("CAMPAIGN"));
        else
            known = word || (bare > 0 && offer_kind(l, "", at, bare)) || known;
        if (at[len] != '|')
            break;
        at += len + 1;
    }
    if (!known && c->arguments_max > 0)
        offer_files();
}

static void offer_of_command(const struct line *l, const struct command *c)
{
    const struct option_row *row = awaited(l, c);
    if (row != NULL)
        offer_value(l, "", row);
    else if (l->current[0] == '-' && !offer_joined(l, c))
        offer_options(l, c);
    else if (l->current[0] != '-')
        offer_arguments(l, c);
}

/* The first words, each once: what a family shares comes with none of their summaries. */
static void offer_commands(const struct line *l)
{
    const struct command_table *t = l->inv->table;
    for (size_t i = 0; i < t->count; i++) {
        const char *name = t->commands[i]->name;
        size_t len = strcspn(name, " ");
        bool family = name[len] != '\0';
        bool first = !family || command_family_next(t, name, len, NULL) == t->commands[i];
        if (first && !t->commands[i]->hidden)
            offer(l, "", name, len, family ? "" : t->commands[i]->summary);
    }
}

static void offer_family(const struct line *l, const char *word)
{
    size_t len = strlen(word);
    const struct command *c = NULL;
    while ((c = command_family_next(l->inv->table, word, len, c)) != NULL)
        offer_word(l, c->name + len + 1, c->summary);
}

static void offer_topics(const struct line *l)
{
    for (size_t i = 0; i < help_topic_count; i++)
        offer_word(l, help_topics[i].name, help_topics[i].summary);
}

static int run_complete(const struct invocation *inv, struct error *err UNUSED)
{
    struct line l = {.inv = inv, .words = inv->arguments, .current = ""};
    size_t used = 0;
    if (inv->argument_count > 0) {
        l.count = inv->argument_count - 1;
        l.current = inv->arguments[l.count];
    }
    for (size_t i = 0; i + 1 < l.count; i++) {
        if (strcmp(l.words[i], "-c") == 0 || strcmp(l.words[i], "--config") == 0)
            l.config = l.words[i + 1];
    }
    /* Its options are its own, what else stands behind it names another command. */
    bool help = l.count > 0 && strcmp(l.words[0], "help") == 0 && l.current[0] != '-';
    if (help && l.count == 1)
        offer_topics(&l);
    l.words += help;
    l.count -= help;
    const struct command *c = command_find(inv->table, l.count, l.words, &used);
    if (l.count == 1) /* `evidence` is a command of its own as well */
        offer_family(&l, l.words[0]);
    if (c != NULL && !help)
        offer_of_command(&l, c);
    else if (c == NULL && l.count == 0)
        offer_commands(&l);
    return 0;
}

const struct command command_complete = {
    .name = "complete",
    .arguments = "-- [WORD...]",
    .summary = "what may stand at the end of a command line, for shells",
    .example = "  dispatcher complete -- queue --state fa\n",
    .details = "",
    .arguments_max = 10000,
    .run = run_complete,
    .hidden = true,
};

/* ---- the scripts ---- */

static const char bash_script[] =
    "# bash completion of dispatcher; `dispatcher completion bash` prints it\n"
    "_dispatcher()\n"
    "{\n"
    "    local line word=${COMP_WORDS[COMP_CWORD]} words=() i\n"
    "    COMPREPLY=()\n"
    "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
    "        [[ ${COMP_WORDS[i]} == '=' ]] || words+=(\"${COMP_WORDS[i]}\")\n"
    "    done\n"
    "    [[ $word == '=' ]] && word=\n"
    "    while IFS= read -r line; do\n"
    "        case $line in\n"
    "        :files) compopt -o filenames 2>/dev/null\n"
    "            while IFS= read -r line; do COMPREPLY+=(\"$line\"); done < <(compgen -f -- "
    "\"$word\") ;;\n"
    "        :directories) compopt -o filenames 2>/dev/null\n"
    "            while IFS= read -r line; do COMPREPLY+=(\"$line\"); done < <(compgen -d -- "
    "\"$word\") ;;\n"
    "        *) COMPREPLY+=(\"${line%%$'\\t'*}\") ;;\n"
    "        esac\n"
    "    done < <(\"${COMP_WORDS[0]}\" complete -- \"${words[@]}\" \"$word\" 2>/dev/null)\n"
    "}\n"
    "complete -F _dispatcher dispatcher\n";

static const char zsh_script[] =
    "#compdef dispatcher\n"
    "# zsh completion of dispatcher; `dispatcher completion zsh` prints it\n"
    "_dispatcher()\n"
    "{\n"
    "    local line\n"
    "    local -a found\n"
    "    for line in \"${(@f)$(\"$words[1]\" complete -- \"${(@)words[2,CURRENT]}\" "
    "2>/dev/null)}\"; do\n"
    "        case $line in\n"
    "        :files) _files ;;\n"
    "        :directories) _files -/ ;;\n"
    "        ?*) found+=(\"${${line%%$'\\t'*}//:/\\\\:}${${(M)line%%$'\\t'*}:+:${line#*$'\\t'}}\") "
    ";;\n"
    "        esac\n"
    "    done\n"
    "    (( $#found )) && _describe dispatcher found\n"
    "}\n"
    "if [ \"$funcstack[1]\" = _dispatcher ]; then _dispatcher \"$@\"; else compdef _dispatcher "
    "dispatcher; fi\n";

static const char fish_script[] =
    "# fish completion of dispatcher; `dispatcher completion fish` prints it\n"
    "function __dispatcher_complete\n"
    "    set -l words (commandline -opc)\n"
    "    set -l current (commandline -ct)\n"
    "    for line in ($words[1] complete -- $words[2..-1] \"$current\" 2>/dev/null)\n"
    "        switch $line\n"
    "            case :files\n"
    "                __fish_complete_path \"$current\"\n"
    "            case :directories\n"
    "                __fish_complete_directories \"$current\" ''\n"
    "            case '*'\n"
    "                echo $line\n"
    "        end\n"
    "    end\n"
    "end\n"
    "complete -c dispatcher -f -a '(__dispatcher_complete)'\n";

static int run_completion(const struct invocation *inv, struct error *err)
{
    static const struct {
        const char *shell, *script;
    } scripts[] = {{"bash", bash_script}, {"zsh", zsh_script}, {"fish", fish_script}};
    const char *shell = argument_at(inv, 0);
    for (size_t i = 0; i < COUNT_OF(scripts); i++) {
        if (text_equal(scripts[i].shell, shell)) {
            fputs(scripts[i].script, stdout);
            return 0;
        }
    }
    return error_set(err, ERR_USAGE, "there is no completion for \"%s\", only for bash, zsh, fish",
                     shell);
}

const struct command command_completion = {
    .name = "completion",
    .arguments = "bash|zsh|fish",
    .summary = "print what makes your shell complete commands, options and names",
    .example = "  source <(dispatcher completion bash)\n"
               "  dispatcher completion fish >~/.config/fish/completions/dispatcher.fish\n",
    .details = "`make install` puts them where shells look. Completed are commands, options, "
               "states, channels, causes,\n"
               "languages, files, and the names of letters, transports, endpoints and batches.",
    .arguments_min = 1,
    .arguments_max = 1,
    .no_json = "a script for the shell",
    .run = run_completion,
};
