#include "config/config.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/attributes.h"
#include "base/buf.h"
#include "base/file.h"
#include "base/yaml.h"
#include "config/config_read.h"
#include "config/load.h"
#include "config/named_sections.h"
#include "config/params.h"
#include "config/path.h"
#include "config/reader.h"
#include "config/related_keys.h"
#include "config/remarks.h"
#include "config/rules.h"

#define FILE_MAX ((size_t)1 << 20)

/* ---- which file ---- */

static const char *const default_files[] = {"config/dispatcher.yaml",
                                            DISPATCHER_CONFDIR "/dispatcher.yaml"};

/* NULL after an error. Borrowed. */
static const char *find_file(const struct config_options *options, struct error *err)
{
    const char *named = options->path;
    if (named == NULL || named[0] == '\0')
        named = getenv("DISPATCHER_CONFIG");
    if (named != NULL && named[0] != '\0')
        return named;
    for (size_t i = 0; i < COUNT_OF(default_files); i++) {
        if (access(default_files[i], F_OK) == 0)
            return default_files[i];
    }
    error_set(err, ERR_NOT_FOUND,
              "there is no configuration: name one with --config FILE or DISPATCHER_CONFIG, or put "
              "it into %s or %s",
              default_files[0], default_files[1]);
    return NULL;
}

/* ---- loading ---- */

/* Without a word about rules their absence is fine: a job may say everything itself. */
static void read_rules(struct load *l, struct settings *s)
{
    const struct setting *setting = load_find_setting(l, "rules");
    if (setting == NULL || s->rules.file == NULL)
        return;
    if (setting->is_default && access(s->rules.file, F_OK) != 0)
        rules_default(&s->rules);
    else
        rules_read(l, setting->place, &s->rules);
}

static void read_sections(struct load *l, const struct section *top, struct settings *s)
{
    reader_read(l, top, &params_top, s);
    named_sections_read_organisation(l, top, s);
    named_sections_read_roles(l, top, s);
    named_sections_read_transports(l, top, s);
    named_sections_read_endpoints(l, top, s);
    related_keys_fill(l, s);
    related_keys_check(l, place_of(top->file, top->map), s);
    read_rules(l, s);
    remarks_collect(l, place_of(top->file, top->map), s);
    reader_check_overrides(l);
}

/* `file` outlives the load. */
static struct section top_section(struct load *l, const char *file, const struct yaml_node *root)
{
    char *directory = path_directory(file);
    const struct section top = {.file = file,
                                .directory = load_keep(l, directory),
                                .prefix = "",
                                .map = root,
                                .overridable = true,
                                .shown = true,
                                .description = "the configuration"};
    free(directory);
    return top;
}

int config_read(const struct config_options *options, struct load *l, struct settings *s,
                struct error *err)
{
    struct yaml_node *root = NULL;
    const char *path = find_file(options, err);
    if (path == NULL)
        return ERR_NOT_FOUND;
    int rc = yaml_load(path, &root, err);
    if (rc != 0)
        return rc;
    l->trees = xcalloc(1, sizeof(struct yaml_node *));
    l->trees[l->tree_count++] = root;
    s->file = xstrdup(path);
    const struct section top = top_section(l, s->file, root);
    read_sections(l, &top, s);
    return load_result(l, err);
}

/* Where each key stands that somebody wrote, for whoever judges it later. */
static void keep_positions(const struct load *l, struct settings *s)
{
    s->places = xcalloc(l->setting_count + 1, sizeof(*s->places));
    for (size_t i = 0; i < l->setting_count; i++) {
        const struct setting *setting = &l->settings[i];
        struct buf position = {0};
        if (setting->is_default)
            continue;
        buf_puts(&position, setting->place.source);
        if (setting->place.line > 0)
            buf_printf(&position, ":%d:%d", setting->place.line, setting->place.column);
        s->places[s->place_count++] =
            (struct settings_place){.key = xstrdup(setting->key), .position = buf_steal(&position)};
    }
}

static int finish_load(struct load *l, struct settings *s, int rc, struct settings **out)
{
    s->secret_variables = l->variables; /* handed over */
    s->secret_variable_count = l->variable_count;
    l->variables = NULL;
    l->variable_count = 0;
    s->remarks = l->remarks;
    s->remark_count = l->remark_count;
    l->remarks = NULL;
    l->remark_count = 0;
    if (rc == 0) /* what could not be read is gone, with the name of its file */
        keep_positions(l, s);
    load_free(l);
    *out = rc == 0 ? s : NULL;
    if (rc != 0) {
        settings_free(s);
        free(s);
    }
    return rc;
}

int config_load(const struct config_options *options, struct settings **out, struct error *err)
{
    struct load l = {.options = options, .without_secrets = options->without_secrets};
    struct settings *s = xcalloc(1, sizeof(*s));
    return finish_load(&l, s, config_read(options, &l, s, err), out);
}

/* ---- where the spool is ---- */

static const char *const places[] = {"spool", "control_socket"};

static bool is_place(const char *word, size_t len)
{
    for (size_t i = 0; i < COUNT_OF(places); i++) {
        if (strlen(places[i]) == len && memcmp(places[i], word, len) == 0)
            return true;
    }
    return false;
}

/* Line by line, since what stands elsewhere may be no YAML at all. */
static void keep_places(const char *text, struct buf *out)
{
    while (*text != '\0') {
        size_t len = strcspn(text, "\n");
        if (is_place(text, strcspn(text, ": \n"))) {
            buf_put(out, text, len);
            buf_putc(out, '\n');
        }
        text += len + (text[len] == '\n' ? 1 : 0);
    }
}

static int read_places(struct load *l, const char *path, struct yaml_node **out, struct error *err)
{
    struct buf text = {0}, kept = {0};
    *out = NULL;
    for (size_t i = 0; i < l->options->override_count; i++) {
        const char *key = l->options->overrides[i].key;
        if (!is_place(key, strlen(key)))
            return error_set(err, ERR_CONFIG, "the command line overrides more than the spool");
    }
    int rc = file_read_path(path, FILE_MAX, &text, err);
    if (rc == 0)
        keep_places(buf_text(&text), &kept);
    if (rc == 0)
        rc = yaml_parse(buf_text(&kept), kept.len, path, 1, out, err);
    buf_free(&text);
    buf_free(&kept);
    return rc;
}

/* A spool that only the default names may be another one: its line may be what is mistyped. */
static int read_located(struct load *l, const char *path, const struct yaml_node *root,
                        struct settings *s, struct error *err)
{
    const struct section top = top_section(l, path, root);
    reader_read(l, &top, &params_top, s);
    related_keys_fill(l, s);
    const struct setting *spool = load_find_setting(l, "spool");
    if (spool == NULL || spool->is_default || s->spool == NULL || s->control_socket == NULL)
        return error_set(err, ERR_CONFIG, "%s does not say where the spool is", path);
    return 0;
}

int config_locate_spool(const struct config_options *options, struct settings **out,
                        struct error *err)
{
    struct load l = {.options = options, .without_secrets = true};
    struct settings *s = xcalloc(1, sizeof(*s));
    struct yaml_node *root = NULL;
    const char *path = find_file(options, err);
    int rc = path == NULL ? ERR_NOT_FOUND : read_places(&l, path, &root, err);
    if (rc == 0)
        rc = read_located(&l, path, root, s, err);
    yaml_free(root);
    return finish_load(&l, s, rc, out);
}

/* ---- a look at one key ---- */

#define LANGUAGE_KEY "operator.language"

static const char *overridden_language(const struct config_options *options)
{
    for (size_t i = options->override_count; i > 0; i--) {
        if (strcmp(options->overrides[i - 1].key, LANGUAGE_KEY) == 0)
            return options->overrides[i - 1].value;
    }
    return getenv("DISPATCHER_OPERATOR_LANGUAGE");
}

bool config_peek_language(const struct config_options *options, char *out, size_t size)
{
    struct error ignored;
    struct yaml_node *root = NULL;
    const char *language = overridden_language(options);
    const char *file = language == NULL ? find_file(options, &ignored) : NULL;
    if (file != NULL && yaml_load(file, &root, &ignored) == 0)
        language = yaml_text(yaml_get(root, "operator"), "language");
    bool fits = language != NULL && language[0] != '\0' && strlen(language) < size;
    if (fits)
        memcpy(out, language, strlen(language) + 1);
    yaml_free(root);
    return fits;
}
