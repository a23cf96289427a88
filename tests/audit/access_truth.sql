-- Who can see what in the demo organization, worked out from its records as
-- `omnipd sandbox init` writes them (organization.json), not from anything that omnipd reads.
-- Its answer is access_truth.csv. The rules, from Omni's pages (docs/wire.md):
--   * who owns an item is its MANAGER;
--   * a role on an item is that of the person, or of all members of the group;
--   * all roles on a folder, its owner's too, are also on what is in it, at any depth;
--   * what is the organization's is everybody's, with a role that Omni does not tell;
--   * the highest role is in effect, and none for who is deactivated.
with recursive
o as (select * from read_json(getvariable('organization'), maximum_object_size = 100000000)),
person as (
    select u.email, u.active is distinct from false as active, u.model_role
    from (select unnest(users) as u from o)
    where u.email in (
        'ada@sandbox.example', 'priya@sandbox.example', 'alex.kim@sandbox.example',
        'soren@sandbox.example', 'fiona@sandbox.example', 'sam@sandbox.example',
        'tariq@sandbox.example', 'nobody@sandbox.example', 'newcomer.4@sandbox.example',
        'newcomer.1@sandbox.example'
    )
),
member as (
    select g.name as "group", unnest(g.members) as email from (select unnest(groups) as g from o)
),
folder as (
    select f.path, f.owner, f.scope, f.permits from (select unnest(folders) as f from o)
),
document as (
    select d.identifier, d.folder, d.owner, d.scope, d.permits
    from (select unnest(documents) as d from o) where d.deleted is distinct from true
),
item as (
    select 'folder' as type, path as item, owner, scope, permits,
        nullif(array_to_string(string_split(path, '/')[:-2], '/'), '') as inside
    from folder
    union all
    select 'document', identifier, owner, scope, permits, folder from document
),
chosen as (
    select * from item
    where scope = 'restricted'
    or item in (
        'flights', 'flights/delays', 'flights/delays/by-airline', 'finance/board-pack/2025/q1',
        'orders/revenue/monthly/by-region'
    )
    or item in (
        select identifier from document
        where folder = 'finance/board-pack/2025/q1'
        or (folder is null and scope = 'organization' and len(permits) > 4)
    )
),
-- A folder and every folder around an item.
around as (
    select type, item, inside as path from chosen where inside is not null
    union all
    select a.type, a.item, nullif(array_to_string(string_split(a.path, '/')[:-2], '/'), '')
    from around a where a.path like '%/%'
),
permit as (
    select type, item, unnest(permits) as p, null::varchar as path from chosen
    union all
    select a.type, a.item, unnest(f.permits), a.path from around a join folder f using (path)
),
way as (
    select type, item, owner as email, 'owner' as source, null::varchar as "group", null::varchar as folder,
        'MANAGER' as role, false as boost
    from chosen
    union
    select a.type, a.item, f.owner, 'folder', null, a.path, 'MANAGER', false
    from around a join folder f using (path)
    union
    select type, item, p.user, if(path is null, 'direct', 'folder'), null, path, p.role,
        coalesce(p.access_boost, false)
    from permit where p.user is not null
    union
    select type, item, m.email, if(path is null, 'direct', 'folder'), m."group", path, p.role,
        coalesce(p.access_boost, false)
    from permit join member m on m."group" = p.group
    union
    select type, item, email, 'organization', null, null, null, null
    from chosen cross join person where scope = 'organization'
),
ranked as (
    select w.*, person.active, if(w.type = 'document', model_role, null) as model_role,
        list_position(['NO_ACCESS', 'VIEWER', 'EXPLORER', 'EDITOR', 'MANAGER'], role) as rank
    from way w join person using (email)
),
result as (
    select type, item, email, max(rank) as best, bool_or(role is null) as more
    from ranked group by all
)
select r.email, r.type, r.item, r.source, r."group", r.folder, r.role, r.boost, r.model_role,
    case when not r.active then 'NO_ACCESS' when more and coalesce(best, 0) < 5 then null
        else ['NO_ACCESS', 'VIEWER', 'EXPLORER', 'EDITOR', 'MANAGER'][best] end as resulting_role,
    case when not r.active then false when best > 1 then true when more then null
        else false end as can_see
from ranked r join result using (type, item, email)
order by r.type, r.item, r.email, r.source, r."group", r.folder, r.role
