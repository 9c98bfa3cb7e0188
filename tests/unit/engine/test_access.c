#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/attributes.h"
#include "engine/access.h"

#define OWNER    100
#define OWN      10
#define ADMIN    11
#define LEGAL    12
#define SHOP     13
#define SOMEBODY 200

static char admin[] = "admin", legal[] = "legal", shop[] = "shop";

static struct settings with_groups(bool operate, bool approve, bool enqueue)
{
    return (struct settings){
        .control = {operate ? admin : NULL, approve ? legal : NULL, enqueue ? shop : NULL}};
}

static unsigned of(const struct settings *s, uid_t uid, gid_t group)
{
    const struct access access = {OWNER, OWN, ADMIN, LEGAL, SHOP};
    gid_t groups[] = {999, group};
    const struct peer peer = {uid, groups, COUNT_OF(groups)};
    return access_of(&access, s, &peer);
}

static void each_group_may_do_what_it_is_for(void **state UNUSED)
{
    const struct settings s = with_groups(true, true, true);
    assert_int_equal(of(&s, SOMEBODY, OWN), REQUEST_LOOK);
    assert_int_equal(of(&s, SOMEBODY, ADMIN), REQUEST_LOOK | REQUEST_ENQUEUE | REQUEST_OPERATE);
    assert_int_equal(of(&s, SOMEBODY, LEGAL), REQUEST_LOOK | REQUEST_APPROVE);
    assert_int_equal(of(&s, SOMEBODY, SHOP), REQUEST_ENQUEUE);
    assert_int_equal(of(&s, SOMEBODY, 998), 0);
}

static void what_has_no_group_is_for_the_daemons_own(void **state UNUSED)
{
    const struct settings none = with_groups(false, false, false);
    const struct settings only_shop = with_groups(false, false, true);
    assert_int_equal(of(&none, SOMEBODY, OWN), REQUEST_ALL);
    assert_int_equal(of(&none, SOMEBODY, 998), 0);
    assert_int_equal(of(&only_shop, SOMEBODY, OWN),
                     REQUEST_ALL); /* who operates may hand in as well */
    assert_int_equal(of(&only_shop, SOMEBODY, SHOP), REQUEST_ENQUEUE);
}

static void root_and_the_daemons_user_may_do_everything(void **state UNUSED)
{
    const struct settings s = with_groups(true, true, true);
    assert_int_equal(of(&s, 0, 998), REQUEST_ALL);
    assert_int_equal(of(&s, OWNER, 998), REQUEST_ALL);
}

static void a_group_that_does_not_exist_has_no_members(void **state UNUSED)
{
    const struct settings s = with_groups(true, true, true);
    const struct access access = {OWNER, OWN, (gid_t)-1, (gid_t)-1, (gid_t)-1};
    gid_t groups[] = {(gid_t)-1};
    const struct peer peer = {SOMEBODY, groups, 1};
    assert_int_equal(access_of(&access, &s, &peer), 0);
}

static void a_refusal_names_the_group_and_the_key(void **state UNUSED)
{
    char file[] = "d.yaml", key[] = "control.operate", position[] = "d.yaml:7:3";
    struct settings_place place = {key, position};
    struct settings s = with_groups(true, false, false);
    struct error err = {0};
    s.file = file;
    s.places = &place;
    s.place_count = 1;
    assert_int_equal(access_require(&s, REQUEST_LOOK, "jana", "retry", REQUEST_OPERATE, &err),
                     ERR_DENIED);
    assert_non_null(strstr(err.text, "\"admin\" (control.operate: d.yaml:7:3); you are jana"));
    assert_int_equal(access_require(&s, REQUEST_OPERATE, "jana", "retry",
                                    REQUEST_OPERATE | REQUEST_APPROVE, &err),
                     0);
    assert_int_equal(access_require(&s, 0, "jana", "queue", REQUEST_LOOK, &err), ERR_DENIED);
    assert_non_null(strstr(err.text, "the daemon's group"));
}

static void knows_the_other_end_of_a_socket(void **state UNUSED)
{
    int ends[2];
    struct peer peer, own;
    struct error err = {0};
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    assert_int_equal(peer_read(ends[0], &peer, &err), 0);
    peer_read_own(&own);
    assert_int_equal(peer.uid, geteuid());
    assert_int_equal(peer.uid, own.uid);
    assert_int_equal(peer.group_count, own.group_count);
    for (size_t i = 0; i < own.group_count; i++)
        assert_true(peer_is_in(&peer, own.groups[i]));
    assert_false(peer_is_in(&peer, (gid_t)-1));
    peer_free(&peer);
    peer_free(&own);
    close(ends[0]);
    close(ends[1]);
    assert_int_equal(peer_read(ends[0], &peer, &err), ERR_IO);
}

static void a_role_is_for_its_users_and_groups(void **state UNUSED)
{
    char root[] = "root", nobody[] = "no-such-user", *users[] = {nobody, root}, *groups[] = {root};
    const struct campaign_role by_user = {.users = users, .user_count = 2};
    const struct campaign_role by_group = {.groups = groups, .group_count = 1};
    gid_t none[] = {999}, zero[] = {999, 0};
    const struct peer user = {0, none, 1}, member = {SOMEBODY, zero, 2},
                      other = {SOMEBODY, none, 1};
    assert_true(access_has_role(&by_user, &user));
    assert_false(access_has_role(&by_user, &member));
    assert_true(access_has_role(&by_group, &member));
    assert_false(access_has_role(&by_group, &user));
    assert_false(access_has_role(&by_group, &other));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_group_may_do_what_it_is_for),
        cmocka_unit_test(what_has_no_group_is_for_the_daemons_own),
        cmocka_unit_test(root_and_the_daemons_user_may_do_everything),
        cmocka_unit_test(a_group_that_does_not_exist_has_no_members),
        cmocka_unit_test(a_refusal_names_the_group_and_the_key),
        cmocka_unit_test(knows_the_other_end_of_a_socket),
        cmocka_unit_test(a_role_is_for_its_users_and_groups),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
