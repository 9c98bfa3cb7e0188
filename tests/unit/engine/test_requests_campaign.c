#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/digest.h"
#include "engine/access.h"
#include "engine/requests.h"
#include "spool/spool.h"

#define ANNA  "uid 1001 (anna)"
#define BORIS "uid 1002 (boris)"
#define CHO   "uid 1003 (cho)"

#define SUM_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define SUM_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

#define MANIFEST(letter)                                                                           \
    "[{\"part\":\"letter\",\"name\":\"apology/de.md\",\"sha256\":\"" letter "\"},"                 \
    "{\"part\":\"campaign\",\"name\":\"outage.yaml\",\"sha256\":\"" SUM_A "\"},"                   \
    "{\"part\":\"audience\",\"name\":\"a.csv\",\"sha256\":\"" SUM_A "\"}]"
#define PLAN                                                                                       \
    "{\"cohorts\":[{\"name\":\"a\",\"batch\":\"outage-a\",\"people\":3},"                          \
    "{\"name\":\"b\",\"batch\":\"outage-b\",\"people\":4}],"                                       \
    "\"canary\":{\"first\":2,\"then\":\"look\"}}"

static char directory[64];
static struct ledger *ledger;
static struct settings settings = {.spool = directory, .sender_approves = true};
static struct buf answer;

static int open_ledger(void **state)
{
    struct error err;
    struct spool *spool;
    (void)state;
    snprintf(directory, sizeof(directory), "/tmp/dispatcher-test-XXXXXX");
    if (mkdtemp(directory) == NULL || spool_open(directory, &spool, &err) != 0)
        return -1;
    spool_close(spool);
    return ledger_open(directory, LEDGER_WRITE, &ledger, &err);
}

static int remove_one(const char *path, const struct stat *st UNUSED, int type UNUSED,
                      struct FTW *at UNUSED)
{
    return remove(path);
}

static int close_ledger(void **state)
{
    (void)state;
    ledger_close(ledger);
    buf_free(&answer);
    return nftw(directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static unsigned allowed = REQUEST_ALL;

static const char *ask(const char *who, const char *request)
{
    struct request_world world = {
        .ledger = ledger, .settings = &settings, .who = who, .allowed = allowed, .now_ms = 5000};
    buf_free(&answer);
    request_handle(&world, request, strlen(request), &answer);
    return buf_text(&answer);
}

static void has(const char *text, const char *part)
{
    if (strstr(text, part) == NULL)
        fail_msg("\"%s\" is not in: %s", part, text);
}

static void has_not(const char *text, const char *part)
{
    if (strstr(text, part) != NULL)
        fail_msg("\"%s\" is in: %s", part, text);
}

static const char *approve(const char *who, const char *role, const char *manifest)
{
    struct buf request = {0};
    buf_printf(&request,
               "{\"v\":1,\"verb\":\"approve\",\"campaign\":\"outage\",\"role\":\"%s\",\"manifest\":"
               "%s,\"reason\":\"read it\"}",
               role, manifest);
    ask(who, buf_text(&request));
    buf_free(&request);
    return buf_text(&answer);
}

static const char *disapprove(const char *who, const char *role, const char *reason)
{
    struct buf request = {0};
    buf_puts(&request, "{\"v\":1,\"verb\":\"disapprove\",\"campaign\":\"outage\",\"role\":");
    buf_put_json(&request, role);
    buf_puts(&request, ",\"reason\":");
    buf_put_json(&request, reason);
    buf_putc(&request, '}');
    ask(who, buf_text(&request));
    buf_free(&request);
    return buf_text(&answer);
}

static const char *start(const char *who, const char *roles, const char *manifest)
{
    struct buf request = {0};
    buf_printf(&request,
               "{\"v\":1,\"verb\":\"start\",\"campaign\":\"outage\",\"kind\":\"confirmed\","
               "\"template\":\"apology\",\"file\":\"outage.yaml\",\"manifest\":%s,\"roles\":%s,"
               "\"plan\":" PLAN ",\"reason\":\"go\"}",
               manifest, roles);
    ask(who, buf_text(&request));
    buf_free(&request);
    return buf_text(&answer);
}

static const char *about(const char *verb)
{
    char request[120];
    snprintf(request, sizeof(request), "{\"v\":1,\"verb\":\"%s\",\"campaign\":\"outage\"}", verb);
    return ask(ANNA, request);
}

static void an_approval_says_who_and_of_what(void **state)
{
    (void)state;
    has(approve(ANNA, "legal", MANIFEST(SUM_A)), "\"role\":\"legal\",\"who\":\"" ANNA "\"");
    has(buf_text(&answer), "\"valid\":true");
    has(about("campaigns"), "\"state\":\"draft\"");
    has(ask(ANNA, "{\"v\":1,\"verb\":\"actions\"}"), "\"verb\":\"approve\"");
    has(buf_text(&answer), "\\\"campaign\\\":\\\"outage\\\",\\\"role\\\":\\\"legal\\\",\\\"digest");
}

static void one_person_is_not_two_roles(void **state)
{
    (void)state;
    approve(ANNA, "legal", MANIFEST(SUM_A));
    has(approve("uid 1001 (renamed)", "comms", MANIFEST(SUM_A)), "\"code\":-7");
    has(approve(BORIS, "comms", MANIFEST(SUM_A)), "\"role\":\"comms\"");
}

static void a_changed_letter_voids_the_approval_and_says_which_file(void **state)
{
    (void)state;
    approve(ANNA, "legal", MANIFEST(SUM_A));
    has(ask(ANNA, "{\"v\":1,\"verb\":\"approvals\",\"campaign\":\"outage\",\"manifest\":" MANIFEST(
                      SUM_B) "}"),
        "\"valid\":false");
    has(buf_text(&answer), "\"changed\":[{\"part\":\"letter\",\"name\":\"apology/de.md\",\"was\":"
                           "\"" SUM_A "\",\"is\":\"" SUM_B "\"}]");
    has(start(BORIS, "[\"legal\"]", MANIFEST(SUM_B)), "has changed since: letter apology/de.md");
    has(buf_text(&answer), "\"code\":-7");
}

static void nothing_starts_without_every_role(void **state)
{
    (void)state;
    approve(ANNA, "legal", MANIFEST(SUM_A));
    has(start(BORIS, "[\"legal\",\"comms\"]", MANIFEST(SUM_A)), "comms has not approved it");
    has_not(buf_text(&answer), "legal has not");
    has(about("campaigns"), "\"state\":\"draft\"");
}

static void the_sender_is_not_the_only_one_who_agreed(void **state)
{
    (void)state;
    approve(ANNA, "legal", MANIFEST(SUM_A));
    has(start(ANNA, "[\"legal\"]", MANIFEST(SUM_A)), "another person must agree");
    has(start(BORIS, "[\"legal\"]", MANIFEST(SUM_A)), "\"started\":true");
}

static void a_sender_may_be_one_of_two_who_agreed(void **state)
{
    (void)state;
    approve(ANNA, "legal", MANIFEST(SUM_A));
    approve(BORIS, "comms", MANIFEST(SUM_A));
    has(start(BORIS, "[\"legal\",\"comms\"]", MANIFEST(SUM_A)), "\"started\":true");
    has(start(CHO, "[\"legal\",\"comms\"]", MANIFEST(SUM_A)), "\"started\":false");
}

static void another_letter_under_the_same_name_is_a_conflict(void **state)
{
    (void)state;
    has(start(BORIS, "[]", MANIFEST(SUM_A)), "\"started\":true");
    has(start(BORIS, "[]", MANIFEST(SUM_B)), "\"code\":-3");
}

static void a_campaign_is_paused_goes_on_and_is_cancelled_for_good(void **state)
{
    (void)state;
    has(about("campaign_stop"), "\"code\":-2");
    start(BORIS, "[]", MANIFEST(SUM_A));
    has(about("campaigns"), "\"state\":\"canary\"");
    has(buf_text(&answer), "\"people\":7");
    has(about("campaign_pass"), "\"changed\":true");
    has(about("campaign_pass"), "\"changed\":false");
    has(about("campaigns"), "\"state\":\"running\"");
    has(about("campaign_stop"), "\"was\":\"goes\",\"now\":\"paused\"");
    has(about("campaigns"), "\"state\":\"paused\"");
    has(about("campaign_go"), "\"changed\":true");
    has(about("campaign_cancel"), "\"now\":\"cancelled\"");
    has(about("campaign_go"), "\"code\":-3");
    has(about("campaign"), "\"verb\":\"campaign cancel\"");
    has(buf_text(&answer), "\"verb\":\"canary passed\"");
    has(buf_text(&answer), "\"verb\":\"send\"");
}

static void a_role_that_is_bound_is_for_its_people(void **state)
{
    struct campaign_role legal = {.name = (char[]){"legal"}};
    (void)state;
    settings.roles = &legal;
    settings.role_count = 1;
    has(approve(ANNA, "legal", MANIFEST(SUM_A)), "\"code\":-7");
    has(approve(ANNA, "comms", MANIFEST(SUM_A)), "has legal");
    settings.role_count = 0;
}

static void what_the_configuration_wants_is_wanted_of_every_campaign(void **state)
{
    char *wanted[] = {(char[]){"legal"}, (char[]){"comms"}};
    (void)state;
    settings.campaign_approvals = wanted;
    settings.campaign_approval_count = 2;
    has(start(CHO, "[]", MANIFEST(SUM_A)), "legal has not approved it");
    has(buf_text(&answer), "comms has not approved it");
    has(buf_text(&answer), "\"code\":-7");
    approve(ANNA, "legal", MANIFEST(SUM_A));
    has(start(CHO, "[\"legal\",\"press\"]", MANIFEST(SUM_A)), "press has not approved it");
    has_not(buf_text(&answer), "legal has");
    approve(BORIS, "comms", MANIFEST(SUM_A));
    has(start(CHO, "[\"legal\"]", MANIFEST(SUM_A)), "\"started\":true");
    settings.campaign_approval_count = 0;
}

static void who_approved_does_not_send_where_the_configuration_says_so(void **state)
{
    (void)state;
    settings.sender_approves = false;
    approve(ANNA, "legal", MANIFEST(SUM_A));
    approve(BORIS, "comms", MANIFEST(SUM_A));
    has(start(BORIS, "[\"legal\",\"comms\"]", MANIFEST(SUM_A)), "somebody else sends it");
    has(start(CHO, "[\"legal\",\"comms\"]", MANIFEST(SUM_A)), "\"started\":true");
    settings.sender_approves = true;
}

static void an_approval_that_is_taken_back_lets_nothing_go_and_says_why(void **state)
{
    (void)state;
    approve(ANNA, "legal", MANIFEST(SUM_A));
    has(disapprove(ANNA, NULL, ""), "say why");
    has(disapprove(ANNA, NULL, "wrong number"), "\"role\":\"legal\",\"who\":\"" ANNA "\"");
    has(start(BORIS, "[\"legal\"]", MANIFEST(SUM_A)),
        ANNA " took the approval as legal back: \\\"wrong number\\\"");
    has(buf_text(&answer), "\"code\":-7");
    has(disapprove(ANNA, "legal", "again"), "\"code\":-2");
    has(about("campaign"), "\"verb\":\"disapprove\"");
    has(buf_text(&answer), "\"withdrawn\":{\"who\":\"" ANNA "\"");
    approve(ANNA, "legal", MANIFEST(SUM_A));
    has(start(BORIS, "[\"legal\"]", MANIFEST(SUM_A)), "\"started\":true");
}

static void whoever_took_back_may_approve_in_another_role(void **state)
{
    (void)state;
    approve(ANNA, "legal", MANIFEST(SUM_A));
    disapprove(ANNA, "legal", "the other role is mine");
    has(approve(ANNA, "comms", MANIFEST(SUM_A)), "\"role\":\"comms\"");
}

static void an_approval_is_taken_back_by_its_giver_or_an_operator(void **state)
{
    (void)state;
    approve(ANNA, "legal", MANIFEST(SUM_A));
    approve(BORIS, "comms", MANIFEST(SUM_A));
    allowed = REQUEST_APPROVE;
    has(disapprove(BORIS, "legal", "no"), "\"code\":-7");
    has(disapprove(CHO, NULL, "no"), "--as legal or comms");
    has(disapprove("uid 1001 (renamed)", "legal", "no"), "\"withdrawn\"");
    allowed = REQUEST_OPERATE;
    has(disapprove(CHO, "comms", "no"), "\"withdrawn\"");
    allowed = REQUEST_ALL;
}

static void what_was_sent_keeps_its_approvals(void **state)
{
    (void)state;
    has(disapprove(ANNA, "legal", "no"), "there is no campaign");
    approve(ANNA, "legal", MANIFEST(SUM_A));
    start(BORIS, "[\"legal\"]", MANIFEST(SUM_A));
    has(disapprove(ANNA, "legal", "too late"), "dispatcher campaign pause outage");
    has(buf_text(&answer), "\"code\":-3");
    has(about("campaign"), "\"valid\":true");
}

/* Nor does an older one come back with what was given behind it. */
static void a_second_person_takes_the_place_of_the_first(void **state)
{
    (void)state;
    approve(ANNA, "legal", MANIFEST(SUM_A));
    has(approve(ANNA, "legal", MANIFEST(SUM_A)), "\"replaced\":null");
    has(approve(BORIS, "legal", MANIFEST(SUM_A)), "\"replaced\":{\"who\":\"" ANNA "\"");
    disapprove(BORIS, NULL, "no");
    has(start(CHO, "[\"legal\"]", MANIFEST(SUM_A)), BORIS " took the approval as legal back");
    has(approve(CHO, "legal", MANIFEST(SUM_A)), "\"replaced\":null");
}

static void whoever_asks_is_told_whether_they_may_send(void **state)
{
    static const char question[] =
        "{\"v\":1,\"verb\":\"approvals\",\"campaign\":\"outage\",\"roles\":[\"legal\"],\"manifest\""
        ":" MANIFEST(SUM_A) "}";
    (void)state;
    has(ask(ANNA, question), "\"may\":false,\"because\":\"approvals\"");
    approve(ANNA, "legal", MANIFEST(SUM_A));
    has(ask(ANNA, question), "\"who\":\"" ANNA "\",\"may\":false,\"because\":\"only_approver\"");
    has(ask(BORIS, question), "\"may\":true,\"because\":null");
    allowed = REQUEST_APPROVE;
    has(ask(BORIS, question), "\"may\":false,\"because\":\"group\"");
    allowed = REQUEST_ALL;
    settings.sender_approves = false;
    has(ask(ANNA, question), "\"may\":false,\"because\":\"approver\"");
    settings.sender_approves = true;
}

static void a_document_is_kept_under_its_hash_or_not_at_all(void **state)
{
    unsigned char sum[DIGEST_SIZE];
    char hex[DIGEST_HEX_SIZE], request[300];
    (void)state;
    digest_sha256("ab", 2, sum);
    digest_hex(sum, hex);
    snprintf(request, sizeof(request),
             "{\"v\":1,\"verb\":\"keep\",\"documents\":[{\"name\":\"x\",\"sha256\":\"%s\",\"text\":"
             "\"a\",\"offset\":0,\"more\":true}]}",
             hex);
    has(ask(ANNA, request), "\"kept\":1");
    snprintf(request, sizeof(request),
             "{\"v\":1,\"verb\":\"keep\",\"documents\":[{\"name\":\"x\",\"sha256\":\"%s\",\"text\":"
             "\"c\",\"offset\":1}]}",
             hex);
    has(ask(ANNA, request), "\"code\":-1");
    snprintf(request, sizeof(request), /* behind the end of it */
             "{\"v\":1,\"verb\":\"keep\",\"documents\":[{\"name\":\"x\",\"sha256\":\"%s\",\"text\":"
             "\"z\",\"offset\":2,\"more\":true}]}",
             hex);
    has(ask(ANNA, request), "\"kept\":1");
    snprintf(request, sizeof(request),
             "{\"v\":1,\"verb\":\"keep\",\"documents\":[{\"name\":\"x\",\"sha256\":\"%s\",\"text\":"
             "\"ab\"}]}",
             hex);
    has(ask(ANNA, request), "\"kept\":1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_approval_says_who_and_of_what, open_ledger,
                                        close_ledger),
        cmocka_unit_test_setup_teardown(one_person_is_not_two_roles, open_ledger, close_ledger),
        cmocka_unit_test_setup_teardown(a_changed_letter_voids_the_approval_and_says_which_file,
                                        open_ledger, close_ledger),
        cmocka_unit_test_setup_teardown(nothing_starts_without_every_role, open_ledger,
                                        close_ledger),
        cmocka_unit_test_setup_teardown(the_sender_is_not_the_only_one_who_agreed, open_ledger,
                                        close_ledger),
        cmocka_unit_test_setup_teardown(a_sender_may_be_one_of_two_who_agreed, open_ledger,
                                        close_ledger),
        cmocka_unit_test_setup_teardown(another_letter_under_the_same_name_is_a_conflict,
                                        open_ledger, close_ledger),
        cmocka_unit_test_setup_teardown(a_campaign_is_paused_goes_on_and_is_cancelled_for_good,
                                        open_ledger, close_ledger),
        cmocka_unit_test_setup_teardown(a_role_that_is_bound_is_for_its_people, open_ledger,
                                        close_ledger),
        cmocka_unit_test_setup_teardown(what_the_configuration_wants_is_wanted_of_every_campaign,
                                        open_ledger, close_ledger),
        cmocka_unit_test_setup_teardown(who_approved_does_not_send_where_the_configuration_says_so,
                                        open_ledger, close_ledger),
        cmocka_unit_test_setup_teardown(an_approval_that_is_taken_back_lets_nothing_go_and_says_why,
                                        open_ledger, close_ledger),
        cmocka_unit_test_setup_teardown(whoever_took_back_may_approve_in_another_role, open_ledger,
                                        close_ledger),
        cmocka_unit_test_setup_teardown(an_approval_is_taken_back_by_its_giver_or_an_operator,
                                        open_ledger, close_ledger),
        cmocka_unit_test_setup_teardown(what_was_sent_keeps_its_approvals, open_ledger,
                                        close_ledger),
        cmocka_unit_test_setup_teardown(a_second_person_takes_the_place_of_the_first, open_ledger,
                                        close_ledger),
        cmocka_unit_test_setup_teardown(whoever_asks_is_told_whether_they_may_send, open_ledger,
                                        close_ledger),
        cmocka_unit_test_setup_teardown(a_document_is_kept_under_its_hash_or_not_at_all,
                                        open_ledger, close_ledger),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
