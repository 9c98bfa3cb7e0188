/* Whatever a rule of config/law finds is told in German and Korean, without a word of English. */
#include "letters/legal.h"

#include <ctype.h>
#include <time.h>

#include "cli/command_backend.h"
#include "cli/say.h"
#include "cli/say_catalogue.h"
#include "law/example.h"
#include "letters/check_report.h"

static const char *const files[] = {"eu.yaml",          "uk.yaml",     "kr-confirmed.yaml",
                                    "kr-possible.yaml", "kr-ads.yaml", "us.yaml",
                                    "chain.yaml"};

struct speaker {
    struct spoken spoken;
    struct invocation inv;
    struct law *law;
};

static void open_speaker(struct speaker *s, const char *locale)
{
    struct findings found = {0};
    struct problems problems = {.tell = findings_add, .context = &found};
    assert_int_equal(setenv("LC_ALL", locale, 1), 0);
    *s = (struct speaker){0};
    s->inv.spoken = &s->spoken;
    assert_int_equal(legal_load(&s->inv, "config/law", &problems, &s->law), 0);
}

static void close_speaker(struct speaker *s)
{
    law_free(s->law);
    catalogue_free(s->spoken.catalogue);
}

static const char *said(const struct speaker *s, const char *sentence, const char *rule)
{
    static char room[1500];
    struct buf out = {0};
    check_report_put(&s->inv, &out, sentence, rule);
    snprintf(room, sizeof room, "%s", buf_text(&out));
    buf_free(&out);
    return room;
}

/* Names of facts and keys are English everywhere, these words are not. */
static bool has_english(const char *text)
{
    static const char *const words[] = {"the",   "is",    "are",  "has",     "and",   "or",   "not",
                                        "needs", "found", "with", "section", "since", "left", "it",
                                        "for",   "to",    "no",   "people",  "days"};
    bool quoted = false;
    while (*text != '\0') {
        size_t len = 0;
        while (isalpha((unsigned char)text[len]) || text[len] == '_' || text[len] == '.')
            len++;
        for (size_t i = 0; i < COUNT_OF(words) && !quoted; i++)
            if (len == strlen(words[i]) && strncmp(text, words[i], len) == 0)
                return true;
        bool opens = strncmp(text, "„", strlen("„")) == 0;
        bool closes = quoted && strncmp(text, "“", strlen("“")) == 0;
        quoted = opens || (quoted && !closes);
        text += len > 0 ? len : 1;
    }
    return false;
}

static size_t tell_case(const struct speaker *s, const struct yaml_node *base,
                        const struct yaml_node *file, const struct yaml_node *one)
{
    const struct yaml_node *layers[] = {yaml_get(one, "break"), yaml_get(one, "with"),
                                        yaml_get(file, "with"), base};
    struct findings found;
    struct example e = {0};
    size_t wrong = 0;
    for (size_t i = 0; i < COUNT_OF(layers); i++)
        if (layers[i] != NULL)
            e.layers[e.layer_count++] = layers[i];
    example_make(&e);
    example_judge(s->law, &e, &found);
    for (size_t i = 0; i < found.count; i++) {
        const char *text = said(s, found.items[i].text, found.items[i].rule);
        if (!has_english(text) && strcmp(text, found.items[i].text) != 0)
            continue;
        print_message("%s\n  became %s\n", found.items[i].text, text);
        wrong++;
    }
    example_free(&e);
    return wrong;
}

static size_t tell_all(const char *locale)
{
    struct speaker s;
    struct yaml_node *base = load_example_file("base.yaml");
    size_t wrong = 0;
    open_speaker(&s, locale);
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        struct yaml_node *file = load_example_file(files[i]);
        const struct yaml_node *cases = yaml_get(file, "cases");
        for (size_t k = 0; k < cases->count; k++)
            wrong += tell_case(&s, base, file, cases->items[k]);
        yaml_free(file);
    }
    yaml_free(base);
    close_speaker(&s);
    return wrong;
}

static void tells_every_finding_in_german(void **state)
{
    (void)state;
    assert_int_equal(tell_all("de_DE.UTF-8"), 0);
}

static void tells_every_finding_in_korean(void **state)
{
    (void)state;
    assert_int_equal(tell_all("ko_KR.UTF-8"), 0);
}

/* What it looks like; times are the operator's, what is quoted stays as it was written. */
static void keeps_lists_quotes_and_times_in_order(void **state)
{
    static const char rights[] =
        "KR6 (the legal rights and how to use them): needs 손해배상, 법정손해배상 and 분쟁조정 in "
        "{#rights}; found: 분쟁조정 (cohort a) (PIPA 34(1) no. 6 (damages 39, statutory damages "
        "39-2, mediation 43))";
    static const char late[] =
        "EU33 (the supervisory authority is told within 72 hours where feasible): 50 h since "
        "2026-11-20T00:00Z; 22 h left; set aside by Kim and Lee: \"told by phone and by letter, "
        "2026-11-20T01:00Z\" (GDPR 33(1))";
    struct speaker s;
    (void)state;
    assert_int_equal(setenv("TZ", "Asia/Seoul", 1), 0);
    tzset();
    open_speaker(&s, "de_DE.UTF-8");
    assert_string_equal(said(&s, rights, "legal-kr-pipa-34-1:KR6"),
                        "KR6 (gesetzliche Rechte und ihre Ausübung): erforderlich in {#rights}: "
                        "손해배상, 법정손해배상 und 분쟁조정; gefunden: 분쟁조정 (Gruppe a) (Art. "
                        "34 Abs. 1 Nr. 6 PIPA (Korea); Schadensersatz Art. 39, gesetzlicher "
                        "Schadensersatz Art. 39-2, Schlichtung Art. 43)");
    close_speaker(&s);
    open_speaker(&s, "ko_KR.UTF-8");
    assert_string_equal(
        said(&s, late, "legal-eu-gdpr-34:EU33"),
        "EU33(감독기관에 가능한 한 72시간 이내 신고): 2026-11-20 09:00 "
        "+0900부터 50시간 경과. 남은 시간 22시간. 예외 승인: Kim, Lee, 사유: \"told "
        "by phone and by letter, 2026-11-20T01:00Z\" (GDPR 제33조 제1항)");
    close_speaker(&s);
    open_speaker(&s, "en_US.UTF-8");
    assert_non_null(
        strstr(said(&s, late, "legal-eu-gdpr-34:EU33"), "): 50 h since 2026-11-20 09:00 +0900;"));
    close_speaker(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_every_finding_in_german),
        cmocka_unit_test(tells_every_finding_in_korean),
        cmocka_unit_test(keeps_lists_quotes_and_times_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
