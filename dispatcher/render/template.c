#include "render/template.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/json_schema.h"
#include "base/text.h"
#include "base/yaml.h"
#include "render/lint_json.h"
#include "render/lint_template.h"
#include "render/lint_yaml.h"

#define WEBHOOK_SIZE_MAX (256 * 1024)

/* ---- names in a directory ---- */

static bool is_directory(const char *directory, const char *name)
{
    struct stat facts;
    char *path = file_join(directory, name);
    bool yes = stat(path, &facts) == 0 && S_ISDIR(facts.st_mode);
    free(path);
    return yes;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void name_list_read(const char *directory, const char *suffix, struct problems *problems,
                    struct name_list *out)
{
    struct place at = {directory, 0, 0};
    *out = (struct name_list){0};
    DIR *dir = opendir(directory);
    if (dir == NULL) {
        problems_add_error(problems, &at, "file", "this directory cannot be read");
        return;
    }
    for (const struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        const char *name = entry->d_name;
        bool wanted = name[0] != '.' && name[0] != '_' && text_ends_with(name, suffix) &&
                      (*suffix != '\0') != is_directory(directory, name);
        if (!wanted)
            continue;
        out->names = xreallocarray(out->names, out->count + 1, sizeof *out->names);
        out->names[out->count++] = xstrndup(name, strlen(name) - strlen(suffix));
    }
    closedir(dir);
    if (out->count > 0)
        qsort(out->names, out->count, sizeof *out->names, compare_names);
}

void name_list_free(struct name_list *l)
{
    for (size_t i = 0; i < l->count; i++)
        free(l->names[i]);
    free(l->names);
    *l = (struct name_list){0};
}

/* ---- template.yaml ---- */

#define CHANNELS                                                                                   \
    "{\"type\":\"array\",\"minItems\":1,\"items\":{\"enum\":[\"email\",\"sms\",\"webhook\"]}}"

static void fail_at(const struct template *t, const struct yaml_node *node,
                    struct problems *problems, const char *rule, const char *text)
{
    struct place at = {t->file, node->line, node->column};
    problems_add_error(problems, &at, rule, "%s", text);
}

static void read_schema(struct template *t, const struct yaml_node *node, struct problems *problems)
{
    if (!text_equal(node->text, "1"))
        fail_at(t, node, problems, "yaml-type", "schema must be 1");
}

static void read_version(struct template *t, const struct yaml_node *node,
                         struct problems *problems)
{
    int64_t version = 0;
    if (node->text == NULL || !text_parse_int(node->text, &version) || version < 1 ||
        version > 1000000)
        fail_at(t, node, problems, "yaml-type", "version must be a whole number from 1");
    t->version = (int)version;
}

static void read_source(struct template *t, const struct yaml_node *node, struct problems *problems)
{
    if (node->kind != YAML_SCALAR)
        fail_at(t, node, problems, "yaml-type", "source must be a language, like en");
    else
        t->source = xstrdup(node->text);
}

static void read_kind(struct template *t, const struct yaml_node *node, struct problems *problems)
{
    if (node->kind != YAML_SCALAR)
        fail_at(t, node, problems, "yaml-type", "kind must be a kind of notice, like confirmed");
    else
        t->kind = xstrdup(node->text);
}

static void read_category(struct template *t, const struct yaml_node *node,
                          struct problems *problems)
{
    if (node->kind != YAML_SCALAR)
        fail_at(t, node, problems, "yaml-type", "category must be one word, like breach_notice");
    else
        t->category = xstrdup(node->text);
}

static void read_legal(struct template *t, const struct yaml_node *node, struct problems *problems)
{
    if (node->kind != YAML_LIST)
        fail_at(t, node, problems, "yaml-type",
                "legal must be a list of rule sets, like [kr-pipa-34-1]");
    for (size_t i = 0; node->kind == YAML_LIST && i < node->count; i++) {
        const struct yaml_node *item = node->items[i];
        if (item->text == NULL || yaml_is_null(item)) {
            fail_at(t, item, problems, "yaml-type", "write the id of a rule set, like eu-gdpr-34");
            continue;
        }
        t->legal = xreallocarray(t->legal, t->legal_count + 1, sizeof *t->legal);
        t->legal[t->legal_count++] = xstrdup(item->text);
    }
}

static void read_draft(struct template *t, const struct yaml_node *node, struct problems *problems)
{
    if (!text_equal(node->text, "true") && !text_equal(node->text, "false"))
        fail_at(t, node, problems, "yaml-type", "draft must be true or false");
    t->draft = text_equal(node->text, "true");
}

static void read_layout(struct template *t, const struct yaml_node *node, struct problems *problems)
{
    if (node->kind != YAML_SCALAR || *node->text == '\0') {
        fail_at(t, node, problems, "yaml-type",
                "layout must be the name of a file of _layouts without .html, like letter");
        return;
    }
    t->layout = xstrdup(node->text);
    t->layout_line = node->line;
    t->layout_column = node->column;
}

static void read_channels(struct template *t, const struct yaml_node *node,
                          struct problems *problems)
{
    enum channel_kind kind;
    if (node->kind != YAML_LIST || node->count == 0)
        fail_at(t, node, problems, "yaml-type",
                "channels must be a list, like [email, sms, webhook]");
    for (size_t i = 0; node->kind == YAML_LIST && i < node->count; i++) {
        const char *name = node->items[i]->text;
        if (name != NULL && channel_kind_parse(name, &kind))
            t->channels[kind] = true;
        else
            fail_at(t, node->items[i], problems, "yaml-type", "a channel is email, sms or webhook");
    }
}

static void read_variables(struct template *t, const struct yaml_node *node,
                           struct problems *problems)
{
    variables_load(node, t->file, problems, &t->variables);
}

static void read_links(struct template *t, const struct yaml_node *node, struct problems *problems)
{
    if (node->kind != YAML_LIST)
        fail_at(t, node, problems, "yaml-type", "links_allowed must be a list of host names");
    for (size_t i = 0; node->kind == YAML_LIST && i < node->count; i++) {
        const struct yaml_node *item = node->items[i];
        if (item->text == NULL || yaml_is_null(item) || strpbrk(item->text, "/:@ ") != NULL) {
            fail_at(t, item, problems, "yaml-type", "write the host alone, like www.example.org");
            continue;
        }
        t->links_allowed =
            xreallocarray(t->links_allowed, t->links_allowed_count + 1, sizeof *t->links_allowed);
        t->links_allowed[t->links_allowed_count++] = xstrdup(item->text);
    }
}

static const struct {
    const char *name;
    bool required;
    void (*read)(struct template *t, const struct yaml_node *node, struct problems *problems);
    const char *schema; /* NULL: the variables' */
} keys[] = {
    {"schema", true, read_schema, SCHEMA_ONE},
    {"version", true, read_version,
     "{\"type\":[\"integer\",\"string\"],\"minimum\":1,\"maximum\":1000000,\"pattern\":\"^[0-9]+$"
     "\"}"},
    {"source", false, read_source, SCHEMA_SCALAR},
    {"kind", false, read_kind, SCHEMA_SCALAR},
    {"category", false, read_category, SCHEMA_SCALAR},
    {"legal", false, read_legal, SCHEMA_SCALARS},
    {"layout", false, read_layout, SCHEMA_SCALAR},
    {"channels", true, read_channels, CHANNELS},
    {"variables", false, read_variables, NULL},
    {"links_allowed", false, read_links, SCHEMA_SCALARS},
    {"draft", false, read_draft, "{\"enum\":[true,false,\"true\",\"false\"]}"},
};

void template_put_schema(struct buf *out)
{
    struct json_schema s;
    json_schema_open(&s, out);
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        json_schema_key(&s, keys[i].name, keys[i].required);
        if (keys[i].schema != NULL)
            buf_puts(out, keys[i].schema);
        else
            variables_put_schema(out);
    }
    json_schema_close(&s, NULL);
}

static void read_key(struct template *t, const struct yaml_node *node, struct problems *problems)
{
    const char *names[COUNT_OF(keys)];
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        names[i] = keys[i].name;
        if (strcmp(keys[i].name, node->key) == 0) {
            if (yaml_is_null(node))
                fail_at(t, node, problems, "yaml-type",
                        "there is nothing here: write a value, or leave the key out");
            else
                keys[i].read(t, node, problems);
            return;
        }
    }
    struct place at = {t->file, node->key_line, node->key_column};
    const char *closest = text_closest(node->key, names, COUNT_OF(keys));
    if (closest != NULL)
        problems_add_error(problems, &at, "yaml-unknown-key",
                           "there is no key \"%s\"; did you mean \"%s\"?", node->key, closest);
    else
        problems_add_error(
            problems, &at, "yaml-unknown-key",
            "there is no key \"%s\": the keys are schema, version, source, kind, category, legal, "
            "layout, channels, variables, links_allowed and draft",
            node->key);
}

static int read_description(struct template *t, struct problems *problems)
{
    struct yaml_node *root;
    struct error err = {0};
    int rc = yaml_load(t->file, &root, &err);
    if (rc < 0)
        return lint_yaml_failure(&err, problems);
    struct place at = {t->file, 1, 1};
    for (size_t i = 0; root->kind == YAML_MAP && i < root->count; i++)
        read_key(t, root->items[i], problems);
    for (size_t i = 0; i < COUNT_OF(keys); i++)
        if (keys[i].required && yaml_get(root, keys[i].name) == NULL)
            problems_add_error(problems, &at, "yaml-missing-key", "the key \"%s\" is missing",
                               keys[i].name);
    yaml_free(root);
    return 0;
}

/* ---- letters ---- */

static bool load_letter(struct template *t, const char *tag, const struct template_options *o)
{
    struct buf name = {0};
    buf_printf(&name, "%s.md", tag);
    char *path = file_join(t->directory, buf_text(&name));
    struct letter_options options = {.path = path,
                                     .locale = tag,
                                     .partials = o->partials,
                                     .links_allowed = (const char *const *)t->links_allowed,
                                     .links_allowed_count = t->links_allowed_count,
                                     .problems = o->problems};
    struct letter *letter;
    bool compiles = letter_load(&options, &letter) == 0;
    if (compiles)
        t->letters[t->letter_count++] = letter;
    free(path);
    buf_free(&name);
    return compiles;
}

/* Does every one compile? It may have other mistakes: a word that is still to be written. */
static bool load_letters(struct template *t, const struct template_options *o)
{
    struct name_list tags;
    bool compile = true;
    name_list_read(t->directory, ".md", o->problems, &tags);
    t->letters = xcalloc(tags.count + 1, sizeof(struct letter *));
    for (size_t i = 0; i < tags.count && !problems_stop_load(o->problems); i++)
        compile = load_letter(t, tags.names[i], o) && compile;
    t->tags = xcalloc(t->letter_count + 1, sizeof *t->tags);
    for (size_t i = 0; i < t->letter_count; i++)
        t->tags[i] = t->letters[i]->locale;
    name_list_free(&tags);
    return compile;
}

const struct letter *template_letter(const struct template *t, const char *tag)
{
    for (size_t i = 0; i < t->letter_count; i++)
        if (strcmp(t->letters[i]->locale, tag) == 0)
            return t->letters[i];
    return NULL;
}

/* ---- webhook.json ---- */

static bool load_webhook(struct template *t, struct problems *problems)
{
    struct buf text = {0};
    struct error err = {0};
    struct program_options options = {.file = t->webhook_file, .letter = true, .strict = true};
    int rc = file_read_path(t->webhook_file, WEBHOOK_SIZE_MAX, &text, &err);
    if (rc == 0 && !utf8_valid(buf_text(&text), text.len))
        rc = error_set(&err, ERR_CONFIG, "%s: this file is not UTF-8", t->webhook_file);
    if (rc == 0)
        rc = program_compile(buf_text(&text), text.len, &options, &t->webhook, &err);
    if (rc < 0 && rc != ERR_NOT_FOUND)
        problems_add_failure(problems, &err, "tag");
    else if (rc == 0 && problems->tell != NULL)
        lint_json_template(t->webhook_file, buf_text(&text), text.len, problems);
    buf_free(&text);
    return rc == 0 || rc == ERR_NOT_FOUND;
}

/* ---- the folder ---- */

static bool name_ok(const char *name)
{
    return strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(name) && *name != '-';
}

bool template_is_draft(const char *directory)
{
    struct yaml_node *root = NULL;
    struct error ignored;
    char *path = file_join(directory, "template.yaml");
    bool yes =
        yaml_load(path, &root, &ignored) == 0 && text_equal(yaml_text(root, "draft"), "true");
    yaml_free(root);
    free(path);
    return yes;
}

struct template *template_load(const struct template_options *options)
{
    struct problems *problems = options->problems;
    int errors = problems->errors;
    bool compiles = false;
    struct template *t = xcalloc(1, sizeof *t);
    struct place at = {options->directory, 0, 0};
    t->name = xstrdup(options->name);
    t->directory = xstrdup(options->directory);
    t->file = file_join(options->directory, "template.yaml");
    t->webhook_file = file_join(options->directory, "webhook.json");
    if (!name_ok(t->name))
        problems_add_error(problems, &at, "template-name",
                           "the name of a template folder is made of a-z, 0-9 and -: rename it");
    if (!problems_stop_load(problems) && read_description(t, problems) == 0 &&
        !problems_stop_load(problems)) {
        compiles = problems->errors == errors;
        compiles = load_letters(t, options) && compiles;
        compiles = load_webhook(t, problems) && compiles;
    }
    t->faulty = problems->errors != errors;
    if (!t->faulty || (compiles && !problems_stop_load(problems)))
        return t;
    if (problems->tell != NULL && options->locales != NULL)
        lint_template(t, options->locales, problems); /* a check tells everything at once */
    template_free(t);
    return NULL;
}

void template_free(struct template *t)
{
    if (t == NULL)
        return;
    for (size_t i = 0; i < t->letter_count; i++)
        letter_free(t->letters[i]);
    for (size_t i = 0; i < t->links_allowed_count; i++)
        free(t->links_allowed[i]);
    for (size_t i = 0; i < t->legal_count; i++)
        free(t->legal[i]);
    variables_free(&t->variables);
    program_free(t->webhook);
    free(t->letters);
    free(t->tags);
    free(t->links_allowed);
    free(t->legal);
    free(t->layout);
    free(t->category);
    free(t->kind);
    free(t->source);
    free(t->webhook_file);
    free(t->file);
    free(t->directory);
    free(t->name);
    free(t);
}
