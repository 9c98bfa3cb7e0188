#include "letters/check_path.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/text.h"
#include "base/yaml.h"
#include "letters/check_campaign.h"
#include "letters/check_case.h"
#include "letters/check_gateways.h"
#include "letters/check_korean_sms.h"
#include "letters/check_law.h"
#include "letters/check_letter.h"
#include "letters/facts_files.h"
#include "letters/legal.h"
#include "people/facts_words.h"
#include "render/fixtures.h"
#include "render/library.h"

/* ---- one template ---- */

static char *parent_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL)
        return xstrdup(".");
    return slash == path ? xstrdup("/") : xstrndup(path, (size_t)(slash - path));
}

/* The letters of a scene: loaded once, of the folder they lie in. */
static int load_letters(struct check_scene *s, struct error *err)
{
    return s->library == NULL ? check_scene_load_letters(s, err) : 0;
}

/* Templates need not lie where the configuration says: what is checked may be a draft. */
static int check_template(struct check_scene *s, const char *path, struct error *err)
{
    char *folder = xstrdup(path);
    size_t len = strlen(folder);
    while (len > 1 && folder[len - 1] == '/')
        folder[--len] = '\0';
    free(s->settings->templates);
    s->settings->templates = parent_of(folder);
    /* As the library will call it. */
    char *named = file_join(s->settings->templates,
                            strrchr(folder, '/') != NULL ? strrchr(folder, '/') + 1 : folder);
    s->only = named;
    check_scene_unload_letters(s);
    int rc = check_scene_load_letters(s, err);
    if (rc == 0 && s->library != NULL) {
        fixtures_check(s->library, s->problems.tell, s->problems.context);
        check_law_templates(s);
        check_korean_sms(s, -1);
        rc = check_letter_with_facts(
            s, strrchr(named, '/') != NULL ? strrchr(named, '/') + 1 : named, err);
    }
    s->only = NULL;
    free(named);
    free(folder);
    return rc;
}

/* ---- other files ---- */

static int check_facts(struct check_scene *s, const char *path, struct error *err)
{
    struct fact_sheet *sheet = NULL;
    struct library *quiet = s->library == NULL ? facts_words_library(s->report.inv) : NULL;
    const struct lint_text_options words = {
        .library = s->library != NULL ? s->library : quiet,
        .template_index = -1,
        .problems = &s->problems,
    };
    (void)err;
    if (facts_files_read(path, &s->problems, &sheet, NULL) == 0)
        fact_sheet_free(sheet);
    facts_words_check(path, &words);
    library_free(quiet);
    return 0;
}

static int check_campaign_file(struct check_scene *s, const char *path, struct error *err)
{
    int rc = load_letters(s, err);
    return rc == 0 && s->library != NULL ? check_campaign(s, path, err) : rc;
}

/* The words of a language are right if every letter can be loaded with them. */
static int check_locale(struct check_scene *s, const char *path, struct error *err)
{
    free(s->settings->locales);
    s->settings->locales = parent_of(path);
    check_scene_unload_letters(s);
    return check_scene_load_letters(s, err);
}

static int check_ruleset(struct check_scene *s, const char *path, struct error *err)
{
    char *directory = parent_of(path);
    (void)err;
    if (strcmp(directory, s->settings->law) != 0) {
        law_free(s->law);
        s->law = NULL;
        if (legal_load(s->report.inv, directory, &s->problems, &s->law) != 0)
            s->law = NULL;
    }
    free(directory);
    return 0;
}

static int check_gateway(struct check_scene *s, const char *path, struct error *err)
{
    char *directory = parent_of(path);
    const char *slash = strrchr(path, '/'), *file = slash != NULL ? slash + 1 : path;
    char *name = xstrndup(file, strlen(file) - strlen(".yaml"));
    (void)err;
    check_gateway_file(s, directory, name);
    free(name);
    free(directory);
    return 0;
}

/* By a key only files of this kind have at the top. */
static const struct {
    const char *key;
    int (*check)(struct check_scene *s, const char *path, struct error *err);
} kinds[] = {
    {"campaign", check_campaign_file}, {"incident", check_facts},  {"facts", check_facts},
    {"template", check_campaign_file}, {"ruleset", check_ruleset}, {"gateway", check_gateway},
};

static int check_yaml(struct check_scene *s, const char *path, struct error *err)
{
    struct yaml_node *root = NULL;
    int rc = yaml_load(path, &root, err);
    if (rc == ERR_CONFIG) {
        problems_add_failure(&s->problems, err, "yaml-syntax");
        return 0;
    }
    if (rc != 0)
        return rc;
    bool found = false;
    for (size_t i = 0; !found && i < COUNT_OF(kinds); i++) {
        found = yaml_get(root, kinds[i].key) != NULL;
        if (found)
            rc = kinds[i].check(s, path, err);
    }
    bool locale = !found && root->kind == YAML_MAP && root->count == 1;
    yaml_free(root);
    if (locale)
        return check_locale(s, path, err);
    return found ? rc
                 : error_set(err, ERR_INPUT,
                             "%s is no campaign (key `campaign`), no fact sheet (`incident`), no "
                             "rule set (`ruleset`), no gateway (`gateway`) and no locale (one tag "
                             "at the top)",
                             path);
}

/* `campaign new` makes a folder, and whoever checks it means the campaign in it. */
char *check_path_campaign(const char *path)
{
    struct stat facts;
    char *campaign = file_join(path, "campaign.yaml"), *letter = file_join(path, "template.yaml");
    if (stat(campaign, &facts) != 0 || stat(letter, &facts) == 0) {
        free(campaign);
        campaign = NULL;
    }
    free(letter);
    return campaign;
}

int check_path(struct check_scene *s, const char *path, struct error *err)
{
    struct stat facts;
    if (stat(path, &facts) != 0)
        return error_errno(err, ERR_NOT_FOUND, "cannot find %s", path);
    if (!S_ISDIR(facts.st_mode) && text_ends_with(path, ".yaml") &&
        !text_ends_with(path, "/template.yaml"))
        return check_yaml(s, path, err);
    if (S_ISDIR(facts.st_mode))
        return check_template(s, path, err);
    char *folder = parent_of(path);
    char *template = file_join(folder, "template.yaml");
    bool inside = stat(template, &facts) == 0;
    int rc = inside
                 ? check_template(s, folder, err)
                 : error_set(err, ERR_INPUT,
                             "%s is nothing check knows: the folder of a template, a campaign, a "
                             "fact sheet, a locale, a gateway or a rule set",
                             path);
    free(template);
    free(folder);
    return rc;
}
