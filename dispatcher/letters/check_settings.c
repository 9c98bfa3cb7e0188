#include "letters/check_settings.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/attributes.h"
#include "base/text.h"
#include "engine/setup.h"
#include "render/library_look.h"

void check_settings_signing(struct check_scene *s)
{
    struct error why = {0};
    if (setup_check_signing(s->settings, &why) != 0)
        problems_add_failure(&s->problems, &why, check_config_rule);
}

/* ---- categories ---- */

struct words {
    const char **list; /* borrowed */
    size_t count;
};

static void add_word(struct words *w, const char *word)
{
    if (word == NULL)
        return;
    w->list = xreallocarray(w->list, w->count + 1, sizeof(*w->list));
    w->list[w->count++] = word;
}

/* Those of letters and rules, and those notices bring along that need neither. */
static struct words known_categories(const struct check_scene *s)
{
    static const char *const ours[] = {"breach_notice", "service_notice", "ad", "newsletter"};
    const struct rules *rules = &s->settings->rules;
    struct words words = {0};
    for (size_t i = 0; i < library_template_count(s->library); i++) {
        struct library_notice notice;
        library_template_notice(s->library, (int)i, &notice);
        add_word(&words, notice.category);
    }
    for (size_t i = 0; i < rules->count; i++)
        add_word(&words, rules->rules[i].category);
    for (size_t i = 0; i < COUNT_OF(ours); i++)
        add_word(&words, ours[i]);
    return words;
}

static bool is_known(const struct words *known, const char *word)
{
    for (size_t i = 0; i < known->count; i++) {
        if (text_equal(known->list[i], word))
            return true;
    }
    return false;
}

/* A word of its own may stand in notices, so it is no mistake; but mostly it is one. */
static void check_category(struct check_scene *s, const struct words *known, const char *key,
                           const char *word)
{
    struct buf text = {0};
    if (is_known(known, word))
        return;
    const char *meant = text_closest(word, known->list, known->count);
    buf_printf(&text, "`%s`: no letter and no rule has the category `%s`", key, word);
    if (meant != NULL)
        buf_printf(&text, "; did you mean `%s`?", meant);
    else
        buf_puts(&text, ": it is for notices that name it themselves");
    const struct problem told = {PROBLEM_WARNING, settings_position(s->settings, key),
                                 buf_text(&text), check_config_rule};
    s->problems.tell(s->problems.context, &told);
    buf_free(&text);
}

void check_settings_categories(struct check_scene *s)
{
    const struct settings *set = s->settings;
    struct words known = known_categories(s);
    for (size_t i = 0; i < set->suppress_override_count; i++)
        check_category(s, &known, "suppression.override", set->suppress_override[i]);
    for (size_t i = 0; i < set->unsubscribe_category_count; i++)
        check_category(s, &known, "unsubscribe.categories", set->unsubscribe_categories[i]);
    free(known.list);
}

/* ---- the organisation ---- */

/* As config/dispatcher.yaml is shipped with them. */
static const char *const samples[] = {"Example Bank", "Beispielbank", "예시은행"};

static bool is_sample(const struct organisation_field *f)
{
    for (size_t i = 0; i < COUNT_OF(samples); i++) {
        if (text_equal(f->key, "name") && text_equal(f->value, samples[i]))
            return true;
    }
    return false;
}

const struct organisation_field *check_settings_sample_name(const struct settings *s)
{
    for (size_t i = 0; i < s->organisation.field_count; i++) {
        if (is_sample(&s->organisation.fields[i]))
            return &s->organisation.fields[i];
    }
    return NULL;
}

void check_settings_organisation(struct check_scene *s)
{
    const struct organisation_field *f = check_settings_sample_name(s->settings);
    if (f == NULL)
        return;
    struct place at = {s->settings->file, 0, 0};
    problems_add_warning(&s->problems, &at, "organisation-sample",
                         "the letters say that \"%s\" writes, which is the sample this program "
                         "comes with: write your name, address and telephone under `organisation`",
                         f->value);
}
