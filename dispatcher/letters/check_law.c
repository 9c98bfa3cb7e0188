#include "letters/check_law.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/text.h"
#include "base/yaml.h"
#include "campaign/campaign_read.h"
#include "letters/check_case.h"
#include "render/library_look.h"
#include "render/template.h"

/* A possibility notice is about what is possible, an all-clear about what is refuted. */
static enum certainty certainty_of(enum notice_kind kind)
{
    if (kind == NOTICE_POSSIBILITY)
        return CERTAINTY_POSSIBLE;
    return kind == NOTICE_ALL_CLEAR ? CERTAINTY_REFUTED : CERTAINTY_CONFIRMED;
}

/* ---- what template.yaml says of the notice ---- */

/* Where a key has its value; the file if it has none. */
static struct place place_of(const struct library_notice *n, const char *key)
{
    struct place at = {n->file, 0, 0};
    struct yaml_node *root = NULL;
    if (yaml_load(n->file, &root, NULL) == 0) {
        const struct yaml_node *node = yaml_get(root, key);
        at.line = node != NULL ? node->line : 0;
        at.column = node != NULL ? node->column : 0;
    }
    yaml_free(root);
    return at;
}

typedef const char *word_fn(size_t index);

static const char *kind_at(size_t index)
{
    return index <= NOTICE_PUBLIC ? notice_kind_name((enum notice_kind)index) : NULL;
}

/* `word` NULL is one of them. False: told, with all there are. */
static bool word_is_known(struct check_scene *s, const struct library_notice *n, const char *key,
                          const char *word, word_fn *at_index)
{
    const char *words[16];
    struct buf all = {0};
    size_t count = 0;
    bool known = word == NULL;
    for (; (words[count] = at_index(count)) != NULL; count++) {
        buf_printf(&all, "%s%s", count > 0 ? ", " : "", words[count]);
        known = known || strcmp(words[count], word) == 0;
    }
    if (!known) {
        struct place at = place_of(n, key);
        const char *meant = text_closest(word, words, count);
        problems_add_error(&s->problems, &at, "template-kind", "\"%s\" is no %s of notices%s%s: %s",
                           word, key, meant != NULL ? "; did you mean " : "",
                           meant != NULL ? meant : "", buf_text(&all));
    }
    buf_free(&all);
    return known;
}

static bool rules_are_known(struct check_scene *s, const struct library_notice *n)
{
    struct place at = {0};
    bool known = true;
    for (size_t i = 0; i < n->legal_count; i++) {
        const char *meant = law_closest(s->law, n->legal[i]);
        if (law_has(s->law, n->legal[i]))
            continue;
        known = false;
        at = place_of(n, "legal");
        problems_add_error(&s->problems, &at, "template-legal", "there is no rule set \"%s\"%s%s%s",
                           n->legal[i], meant != NULL ? "; did you mean \"" : "",
                           meant != NULL ? meant : "", meant != NULL ? "\"?" : "");
    }
    return known;
}

/* ---- samples ---- */

static void judge_sample(struct check_scene *s, int index, const struct library_notice *n,
                         enum notice_kind kind, const char *path, const struct job *sample)
{
    static const char *const none[] = {NULL}; /* not: all that fit */
    const char *const *tags = library_template_locales(s->library, index);
    struct place at = {path, 0, 0};
    size_t count = 0;
    while (tags[count] != NULL)
        count++;
    struct check_case *c = check_case_begin(s, count);
    c->told = true;
    c->law.kind = kind;
    c->law.certainty = certainty_of(kind);
    c->law.category = n->category;
    c->law.file = n->file;
    c->law.rulesets = n->legal_count > 0 ? n->legal : none;
    c->law.ruleset_count = n->legal_count;
    c->law.channels = n->channels;
    for (size_t i = 0; i < count; i++) {
        const struct law_text text = {.locale = tags[i]};
        if (!check_case_add(s, c, index, &text, job_copy(sample), &at))
            return;
    }
    check_case_judge(s, c);
}

/* Samples that do not parse or render were told with the letters. */
static void judge_file(struct check_scene *s, int index, const struct library_notice *n,
                       enum notice_kind kind, const char *path)
{
    struct buf text = {0};
    struct job *sample = NULL;
    if (file_read_path(path, JOB_TEXT_MAX, &text, NULL) == 0 &&
        job_parse_fixture(buf_text(&text), text.len, path, &sample, NULL) == 0)
        judge_sample(s, index, n, kind, path, sample);
    job_free(sample);
    buf_free(&text);
}

static void judge_template(struct check_scene *s, int index, const struct library_notice *n,
                           enum notice_kind kind)
{
    char *folder = file_join(library_template_directory(s->library, (size_t)index), "fixtures");
    struct name_list names = {0};
    struct stat facts;
    if (stat(folder, &facts) == 0)
        name_list_read(folder, ".json", &s->problems, &names);
    for (size_t i = 0; i < names.count; i++) {
        struct buf path = {0};
        buf_printf(&path, "%s/%s.json", folder, names.names[i]);
        judge_file(s, index, n, kind, buf_text(&path));
        buf_free(&path);
    }
    name_list_free(&names);
    free(folder);
}

static void check_template(struct check_scene *s, int index)
{
    struct library_notice n;
    enum notice_kind kind = NOTICE_NONE;
    library_template_notice(s->library, index, &n);
    bool good = word_is_known(s, &n, "kind", n.kind, kind_at);
    good = word_is_known(s, &n, "category", n.category, campaign_category_at) && good;
    good = (s->law == NULL || rules_are_known(s, &n)) && good;
    if (n.kind != NULL && !notice_kind_parse(n.kind, &kind))
        return;
    if (good && library_template_is_sound(s->library, index))
        judge_template(s, index, &n, kind);
}

void check_law_templates(struct check_scene *s)
{
    if (s->library == NULL)
        return;
    for (size_t i = 0; i < library_template_count(s->library); i++) {
        const char *folder = library_template_directory(s->library, i);
        if (s->only == NULL || strncmp(folder, s->only, strlen(folder)) == 0)
            check_template(s, (int)i);
    }
}
