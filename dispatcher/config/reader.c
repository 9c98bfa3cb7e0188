#include "config/reader.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/attributes.h"
#include "base/text.h"
#include "config/secret.h"
#include "config/value.h"

/* ---- which rows apply ---- */

static bool in_bits(unsigned wanted, unsigned selected)
{
    return wanted == 0 || selected == 0 || (wanted & selected) != 0;
}

static bool applies(const struct section *section, const struct param *row)
{
    return in_bits(row->channels, section->channel) && in_bits(row->types, section->type);
}

static bool tolerated(const struct section *section, const struct param *row)
{
    return section->tolerated_type != 0 && in_bits(row->channels, section->channel) &&
           in_bits(row->types, section->tolerated_type);
}

/* ---- unknown keys ---- */

/* "log.level" is the key of a row; "log" its section. */
enum key_kind { KEY_UNKNOWN, KEY_VALUE, KEY_MISPLACED, KEY_SECTION, KEY_NULLABLE, KEY_OPEN };

static bool is_open(const char *row_key, const char *key)
{
    size_t len = strlen(row_key);
    return len > 2 && strcmp(row_key + len - 2, ".*") == 0 && strlen(key) == len - 2 &&
           strncmp(row_key, key, len - 2) == 0;
}

static enum key_kind classify(const struct section *section, const struct param_table *table,
                              const char *key)
{
    enum key_kind kind = KEY_UNKNOWN;
    size_t len = strlen(key);
    for (size_t i = 0; i < table->count; i++) {
        const struct param *row = &table->rows[i];
        bool fits = applies(section, row) || tolerated(section, row);
        if (strcmp(row->key, key) == 0 && fits)
            return row->type == PARAM_NULL ? KEY_NULLABLE : KEY_VALUE;
        if (is_open(row->key, key) && fits)
            return KEY_OPEN;
        if (strcmp(row->key, key) == 0 || is_open(row->key, key))
            kind = KEY_MISPLACED;
        else if (kind == KEY_UNKNOWN && strncmp(row->key, key, len) == 0 && row->key[len] == '.')
            kind = KEY_SECTION;
    }
    return kind;
}

/* "level" for the row log.level at the level "log."; caller frees. NULL if the row is not below it.
 */
static char *part_at(const struct param *row, const char *level)
{
    size_t skip = strlen(level);
    if (strncmp(row->key, level, skip) != 0 || row->key[skip] == '*')
        return NULL;
    return xstrndup(row->key + skip, strcspn(row->key + skip, "."));
}

/* Where keys of the configuration stand. */
static const struct home {
    const struct param_table *table;
    const char *name;
} homes[] = {{&params_top, "the first level, without indentation"},
             {&params_transport, "a transport: `transports.NAME`"},
             {&params_endpoint, "an endpoint: `endpoints.NAME`"}};

/* The key itself, or a section of that name. */
static bool is_named(const struct param *row, const char *key)
{
    size_t len = strlen(key);
    return strncmp(row->key, key, len) == 0 && strchr(".", row->key[len]) != NULL;
}

/* A key that is right, but elsewhere: `ca_file` at an endpoint. Said before any key that is only
 * written like it. */
static bool report_elsewhere(struct load *l, const struct section *section,
                             const struct param_table *table, const char *level,
                             const struct yaml_node *node)
{
    for (size_t i = 0; section->shown && i < COUNT_OF(homes); i++) {
        const struct home *home = &homes[i];
        bool here = home->table == table && *level == '\0';
        for (size_t k = 0; !here && k < home->table->count; k++) {
            if (!is_named(&home->table->rows[k], node->key))
                continue;
            load_problem(l, place_of_key(section->file, node),
                         "unknown key `%s` here; it is a key of %s", node->key, home->name);
            return true;
        }
    }
    return false;
}

static void report_unknown(struct load *l, const struct section *section,
                           const struct param_table *table, const char *level,
                           const struct yaml_node *node)
{
    if (report_elsewhere(l, section, table, level, node))
        return;
    char **names = xcalloc(table->count, sizeof(*names));
    size_t count = 0;
    for (size_t i = 0; i < table->count; i++) {
        char *name = applies(section, &table->rows[i]) ? part_at(&table->rows[i], level) : NULL;
        if (name != NULL)
            names[count++] = name;
    }
    load_unknown(l, place_of_key(section->file, node), "key", node->key, (const char *const *)names,
                 count);
    for (size_t i = 0; i < count; i++)
        free(names[i]);
    free(names);
}

static void check_keys(struct load *l, const struct section *section,
                       const struct param_table *table, const char *level,
                       const struct yaml_node *map)
{
    for (size_t i = 0; i < map->count; i++) {
        const struct yaml_node *node = map->items[i];
        struct buf key = {0};
        buf_printf(&key, "%s%s", level, node->key);
        enum key_kind kind = classify(section, table, key.data);
        if (kind == KEY_UNKNOWN) {
            report_unknown(l, section, table, level, node);
        } else if (kind == KEY_MISPLACED) {
            load_problem(l, place_of_key(section->file, node), "`%s` is not a key of %s", node->key,
                         section->description);
        } else if (kind != KEY_VALUE && node->kind != YAML_MAP) {
            if (kind != KEY_NULLABLE)
                load_problem(l, place_of(section->file, node), "`%s` must be a map", node->key);
        } else if (kind == KEY_SECTION || kind == KEY_NULLABLE) {
            buf_putc(&key, '.');
            check_keys(l, section, table, key.data, node);
        }
        buf_free(&key);
    }
}

/* ---- values ---- */

static const struct yaml_node *find_node(const struct yaml_node *map, const char *key)
{
    const struct yaml_node *node = map;
    while (node != NULL && *key != '\0') {
        size_t len = strcspn(key, ".");
        char *part = xstrndup(key, len);
        node = yaml_get(node, part);
        free(part);
        key += key[len] == '.' ? len + 1 : len;
    }
    return node;
}

static const char *find_override(const struct load *l, const char *key)
{
    for (size_t i = l->options->override_count; i-- > 0;) {
        if (strcmp(l->options->overrides[i].key, key) == 0)
            return l->options->overrides[i].value;
    }
    return NULL;
}

/* DISPATCHER_LOG_LEVEL for log.level; caller frees. */
static char *variable_name(const char *key)
{
    struct buf name = {0};
    buf_puts(&name, "DISPATCHER_");
    for (const char *c = key; *c != '\0'; c++)
        buf_putc(&name, *c == '.' ? '_' : (char)toupper((unsigned char)*c));
    return buf_steal(&name);
}

/* An empty variable counts as not set: that is how it is unset in unit files and compose files. */
static bool take_environment(struct load *l, struct setting *setting)
{
    char *name = variable_name(setting->key);
    const char *value = getenv(name);
    bool taken = value != NULL && value[0] != '\0';
    if (taken) {
        setting->text = load_keep(l, value);
        setting->place = (struct place){.source = load_keep(l, name)};
    }
    free(name);
    return taken;
}

static bool take_override(struct load *l, const struct section *section, struct setting *setting)
{
    const char *value = section->overridable ? find_override(l, setting->key) : NULL;
    if (value != NULL) {
        setting->text = value;
        setting->place = (struct place){.source = "command line"};
        return true;
    }
    return section->overridable && section->prefix[0] == '\0' && take_environment(l, setting);
}

/* Command line over environment over file over default. */
static void find_value(struct load *l, const struct section *section, struct setting *setting)
{
    const struct yaml_node *node = find_node(section->map, setting->param->key);
    if (take_override(l, section, setting))
        return;
    setting->directory = section->directory;
    if (node != NULL) {
        setting->node = node;
        setting->place = place_of(section->file, node);
        return;
    }
    setting->text = setting->param->fallback;
    setting->is_default = true;
    setting->place = (struct place){.source = "default"};
}

/* A section that is not switched off: its keys speak for themselves. */
static bool says_nothing(const struct setting *setting)
{
    return setting->param->type == PARAM_NULL &&
           (setting->is_default || (setting->node != NULL && setting->node->kind == YAML_MAP));
}

static void keep_setting(struct load *l, const struct section *section, struct setting setting)
{
    if (section->shown && !says_nothing(&setting))
        load_add_setting(l, setting);
    else
        free(setting.key);
}

static char *full_key(const struct section *section, const char *key)
{
    struct buf full = {0};
    buf_printf(&full, "%s%s", section->prefix, key);
    return buf_steal(&full);
}

const char *reader_find_override(const struct load *l, const struct section *section,
                                 const char *key)
{
    char *full = full_key(section, key);
    const char *value = section->overridable ? find_override(l, full) : NULL;
    free(full);
    return value;
}

static void read_row(struct load *l, const struct section *section, const struct param *row,
                     void *target)
{
    struct setting setting = {.param = row, .key = full_key(section, row->key)};
    bool needed = applies(section, row);
    setting.target = (char *)target + row->offset;
    find_value(l, section, &setting);
    if (!needed && setting.is_default) {
        free(setting.key);
        return;
    }
    if (setting.node != NULL || setting.text != NULL) {
        bool without_secrets = l->without_secrets;
        l->without_secrets = without_secrets || !needed;
        value_read(l, &setting);
        l->without_secrets = without_secrets;
    } else if (row->required) {
        load_problem(l, place_of_key(section->file, section->map), "`%s` is missing: %s",
                     setting.key, row->about);
    }
    keep_setting(l, section, setting);
}

void reader_read(struct load *l, const struct section *section, const struct param_table *table,
                 void *target)
{
    if (section->map->kind != YAML_MAP) {
        load_problem(l, place_of(section->file, section->map), "must be a map (key: value)");
        return;
    }
    check_keys(l, section, table, "", section->map);
    for (size_t i = 0; i < table->count; i++) {
        const struct param *row = &table->rows[i];
        bool fits = applies(section, row) || tolerated(section, row);
        if (fits && row->type != PARAM_SUBTREE)
            read_row(l, section, row, target);
    }
}

void reader_read_one(struct load *l, const struct section *section, const struct yaml_node *node,
                     const struct param *row, const char *key, void *target)
{
    struct setting setting = {.param = row, .key = full_key(section, key), .target = target};
    if (!take_override(l, section, &setting)) {
        setting.place = place_of(section->file, node);
        setting.node = node;
        setting.directory = section->directory;
    }
    value_read(l, &setting);
    keep_setting(l, section, setting);
}

void reader_read_free(struct load *l, const struct section *section, const struct yaml_node *node,
                      const char *key, bool must_be_secret, char **target)
{
    bool secret = must_be_secret || (node != NULL && secret_is_reference(node));
    reader_read_one(l, section, node, secret ? &param_free_secret : &param_free_text, key, target);
}

void reader_check_overrides(struct load *l)
{
    const char **keys = xcalloc(l->setting_count + 1, sizeof(*keys));
    for (size_t i = 0; i < l->setting_count; i++)
        keys[i] = l->settings[i].key;
    for (size_t i = 0; i < l->options->override_count; i++) {
        const char *key = l->options->overrides[i].key;
        if (load_find_setting(l, key) == NULL)
            load_unknown(l, (struct place){.source = "command line"}, "key", key, keys,
                         l->setting_count);
    }
    free(keys);
}
