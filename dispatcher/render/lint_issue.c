#include "render/lint_issue.h"

#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "model/json.h"

/* Facts that are news: the others (who answers the phone) are the same each time. */
static const char *const news[] = {"summary", "changes", "measures", "next_steps", "misuse"};

static size_t series_length(const char *campaign)
{
    size_t len = strlen(campaign);
    while (len > 0 && strchr("0123456789-", campaign[len - 1]) != NULL)
        len--;
    return len;
}

static bool same_series(const struct job *a, const struct job *b)
{
    if (a->campaign == NULL || b->campaign == NULL)
        return a->campaign == b->campaign;
    size_t len = series_length(a->campaign);
    return len == series_length(b->campaign) && strncmp(a->campaign, b->campaign, len) == 0;
}

static bool follows(const struct job *now, const struct job *before)
{
    int64_t last = json_get_int(before->data, "issue", 0);
    return last > 0 && json_get_int(now->data, "issue", 0) == last + 1 && same_series(now, before);
}

static void tell_same(const struct lint_issue *now, const char *pointer, int64_t last,
                      struct problems *problems)
{
    struct json_position position = json_position(now->text, now->len, pointer, false);
    struct place at = {now->path, position.line, position.column};
    problems_add_warning(problems, &at, "same-as-last-issue",
                         "this paragraph is identical to issue %lld: say what is new, or leave it "
                         "out",
                         (long long)last);
}

/* `path` leads to a text for each language. */
static void compare_texts(const struct lint_issue *now, const char *path, const json_t *text,
                          const json_t *before, int64_t last, struct problems *problems)
{
    const char *language;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)text, language, value)
    {
        char pointer[256];
        if (!json_is_string(value) || !json_equal(value, json_object_get(before, language)))
            continue;
        snprintf(pointer, sizeof(pointer), "%s/%s", path, language);
        tell_same(now, pointer, last, problems);
        return; /* the other languages say the same */
    }
}

static void compare_lists(const struct lint_issue *now, const char *path, const json_t *list,
                          const json_t *before, int64_t last, struct problems *problems)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        char pointer[192];
        snprintf(pointer, sizeof(pointer), "%s/%zu", path, i);
        for (size_t k = 0; k < json_array_size(before); k++)
            compare_texts(now, pointer, json_array_get(list, i), json_array_get(before, k), last,
                          problems);
    }
}

static void compare(const struct lint_issue *now, const struct job *before,
                    struct problems *problems)
{
    int64_t last = json_get_int(before->data, "issue", 0);
    for (size_t i = 0; i < COUNT_OF(news); i++) {
        char path[64];
        const json_t *text = json_object_get(now->job->data, news[i]);
        const json_t *old = json_object_get(before->data, news[i]);
        snprintf(path, sizeof(path), "/data/%s", news[i]);
        if (json_is_array(text))
            compare_lists(now, path, text, old, last, problems);
        else
            compare_texts(now, path, text, old, last, problems);
    }
}

void lint_issues(const struct lint_issue *issues, size_t count, struct problems *problems)
{
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < count; k++)
            if (follows(issues[i].job, issues[k].job))
                compare(&issues[i], issues[k].job, problems);
}
