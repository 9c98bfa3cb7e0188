#include "render/fixtures.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/yaml.h"
#include "model/json.h"
#include "render/library_backend.h"
#include "render/lint_issue.h"
#include "render/lint_json.h"
#include "render/lint_text.h"
#include "render/renderer.h"

#define FIXTURE_ACCEPTED_MS                                                                        \
    INT64_C(1767225600000) /* any time does: it only dates the standard webhook */

struct sample {
    const struct library *library;
    struct renderer *renderer;
    struct problems *problems;
    int template_index;
    const char *path;
    struct buf text;
    struct job *job;
    struct message message;
    struct lint_issue *read; /* the samples of the folder; each owns its text and job */
    size_t read_count;
};

static void add_error_at(const struct sample *s, const char *pointer, const char *text)
{
    struct json_position position = json_position(buf_text(&s->text), s->text.len, pointer, false);
    struct place at = {s->path, position.line, position.column};
    problems_add_error(s->problems, &at, "fixture", "%s", text);
}

static void render_channels(struct sample *s, const char *locale)
{
    struct error err = {0};
    for (int kind = 0; kind < CHANNEL_KINDS; kind++) {
        if (!library_has_part(s->library, s->template_index, locale, (enum channel_kind)kind))
            continue;
        struct place at = {s->path, 1, 1};
        if (renderer_render(s->renderer, s->template_index, locale, s->job, FIXTURE_ACCEPTED_MS,
                            (enum channel_kind)kind, &s->message, &err) < 0)
            problems_add_error(s->problems, &at, "fixture", "%s in %s: %s",
                               channel_kind_name((enum channel_kind)kind), locale, err.text);
    }
}

static void check_language(struct sample *s, const char *locale)
{
    struct error err = {0};
    char *pointer;
    int rc = library_check_job(s->library, s->template_index, locale, s->job, &pointer, &err);
    if (rc < 0)
        add_error_at(s, pointer != NULL ? pointer : "", err.text);
    else
        render_channels(s, locale);
    free(pointer);
}

/* JSON is YAML, too; a text that is not was read as JSON, and nothing more is said. */
static void check_words(const struct sample *s)
{
    const struct template *t = s->library->templates[s->template_index];
    const struct lint_text_options options = {
        .library = s->library,
        .template_index = s->template_index,
        .kind = t->kind,
        .category = t->category,
        .problems = s->problems,
    };
    struct yaml_node *root = NULL;
    if (yaml_parse(buf_text(&s->text), s->text.len, s->path, 1, &root, NULL) != 0)
        return;
    const struct yaml_node *data = yaml_get(root, "data");
    struct lint_texts *texts = lint_texts_open(&options, s->path, buf_text(&s->text), s->text.len);
    if (data != NULL)
        lint_texts_add(texts, "", "", data);
    lint_texts_close(texts);
    yaml_free(root);
}

static void keep(struct sample *s)
{
    s->read = xreallocarray(s->read, s->read_count + 1, sizeof(*s->read));
    size_t len = s->text.len;
    s->read[s->read_count++] = (struct lint_issue){
        .path = xstrdup(s->path), .text = buf_steal(&s->text), .len = len, .job = s->job};
}

static void check_file(struct sample *s)
{
    struct error err = {0};
    const char *const *locales = library_template_locales(s->library, s->template_index);
    buf_reset(&s->text);
    int rc = file_read_path(s->path, JOB_TEXT_MAX, &s->text, &err);
    if (rc == 0)
        rc = job_parse_fixture(buf_text(&s->text), s->text.len, s->path, &s->job, &err);
    if (rc < 0) {
        lint_json_failure(s->path, buf_text(&s->text), s->text.len, &err, "fixture", s->problems);
        return;
    }
    for (size_t i = 0; locales[i] != NULL; i++)
        if (library_locale_index(s->library, locales[i]) >= 0)
            check_language(s, locales[i]);
    check_words(s);
    keep(s);
}

/* Against each other. */
static void check_series(struct sample *s)
{
    lint_issues(s->read, s->read_count, s->problems);
    for (size_t i = 0; i < s->read_count; i++) {
        free((char *)(uintptr_t)s->read[i].path);
        free((char *)(uintptr_t)s->read[i].text);
        job_free((struct job *)(uintptr_t)s->read[i].job);
    }
    free(s->read);
    s->read = NULL;
    s->read_count = 0;
}

static void check_folder(struct sample *s, const char *folder)
{
    struct name_list names;
    struct stat facts;
    if (stat(folder, &facts) != 0)
        return;
    name_list_read(folder, ".json", s->problems, &names);
    for (size_t i = 0; i < names.count; i++) {
        struct buf name = {0};
        buf_printf(&name, "%s.json", names.names[i]);
        char *path = file_join(folder, buf_text(&name));
        s->path = path;
        check_file(s);
        free(path);
        buf_free(&name);
    }
    name_list_free(&names);
    check_series(s);
}

void fixtures_check(const struct library *l, problem_fn *problem, void *context)
{
    struct problems problems = {.tell = problem, .context = context};
    struct sample s = {.library = l, .problems = &problems};
    struct error err = {0};
    if (renderer_open(l, &s.renderer, &err) < 0) {
        problems_add_failure(&problems, &err, "locale");
        return;
    }
    for (size_t i = 0; i < l->template_count; i++) {
        if (!library_template_sound(l, i))
            continue; /* the samples would only say the same again */
        char *folder = file_join(l->templates[i]->directory, "fixtures");
        s.template_index = (int)i;
        check_folder(&s, folder);
        free(folder);
    }
    renderer_close(s.renderer);
    message_free(&s.message);
    buf_free(&s.text);
}
