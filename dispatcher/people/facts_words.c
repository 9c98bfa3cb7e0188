#include "people/facts_words.h"

#include <stdlib.h>

#include "base/attributes.h"
#include "base/file.h"
#include "base/text.h"
#include "base/yaml.h"
#include "config/config.h"
#include "model/settings.h"
#include "people/facts_terms.h"

#define SHEET_MAX ((size_t)1 << 20)

static void tell_nobody(void *context, const struct problem *problem)
{
    (void)context;
    (void)problem;
}

struct library *facts_words_library(const struct invocation *inv)
{
    struct config_options options = *invocation_config(inv);
    struct settings *settings = NULL;
    struct library *library = NULL;
    options.without_secrets = true;
    if (config_load(&options, &settings, NULL) != 0)
        return NULL;
    const struct library_options letters = {
        .templates = settings->templates,
        .locales = settings->locales,
        .default_zone = settings->timezone,
        .organisation = &settings->organisation,
        .problem = tell_nobody,
    };
    if (library_load(&letters, &library, NULL) != 0)
        library = NULL;
    settings_free(settings);
    free(settings);
    return library;
}

static void add_member(struct lint_texts *t, const struct yaml_node *map, const char *key,
                       const char *fact, const char *id)
{
    const struct yaml_node *node = yaml_get(map, key);
    if (node != NULL)
        lint_texts_add(t, fact, id, node);
}

/* What no letter shows: where the people live decides which law is asked. */
static void check_rest(const char *path, const struct yaml_node *map, struct problems *problems)
{
    static const char *const texts[] = {"facts", "label", "cohorts"};
    for (size_t i = 0; map->kind == YAML_MAP && i < map->count; i++) {
        bool apart = false;
        for (size_t k = 0; k < COUNT_OF(texts); k++)
            apart = apart || text_equal(map->items[i]->key, texts[k]);
        if (!apart)
            lint_unwritten(map->items[i], path, problems);
    }
}

static void add_sheet(struct lint_texts *t, const struct yaml_node *root, const char *path,
                      struct problems *problems)
{
    const struct yaml_node *cohorts = yaml_get(root, "cohorts");
    check_rest(path, root, problems);
    add_member(t, root, "facts", "", "");
    for (size_t i = 0; cohorts != NULL && cohorts->kind == YAML_MAP && i < cohorts->count; i++) {
        add_member(t, cohorts->items[i], "facts", "", cohorts->items[i]->key);
        add_member(t, cohorts->items[i], "label", "label", cohorts->items[i]->key);
        check_rest(path, cohorts->items[i], problems);
    }
}

/* What is confirmed must not be left open, whichever notice says it. */
static struct lint_text_options completed(const struct lint_text_options *o,
                                          const struct yaml_node *root)
{
    struct lint_text_options out = *o;
    if (text_equal(yaml_text(root, "certainty"), "confirmed"))
        out.kind = "confirmed";
    if (out.category == NULL)
        out.category =
            text_equal(yaml_text(root, "kind"), "none") ? "service_notice" : "breach_notice";
    return out;
}

void facts_words_check_data(const char *path, const struct buf *json,
                            const struct lint_text_options *o)
{
    struct yaml_node *root = NULL;
    if (yaml_parse(buf_text(json), json->len, path, 1, &root, NULL) == 0) {
        struct lint_texts *t = lint_texts_open(o, path, buf_text(json), json->len);
        add_member(t, root, "data", "", "");
        lint_texts_close(t);
    }
    yaml_free(root);
}

void facts_words_check(const char *path, const struct lint_text_options *o)
{
    struct buf source = {0};
    struct yaml_node *root = NULL;
    if (file_read_path(path, SHEET_MAX, &source, NULL) == 0 &&
        yaml_parse(buf_text(&source), source.len, path, 1, &root, NULL) == 0) {
        const struct lint_text_options options = completed(o, root);
        struct lint_texts *t = lint_texts_open(&options, path, buf_text(&source), source.len);
        add_sheet(t, root, path, o->problems);
        lint_texts_close(t);
        facts_terms_check(path, root, o->library, o->problems);
    }
    yaml_free(root);
    buf_free(&source);
}
