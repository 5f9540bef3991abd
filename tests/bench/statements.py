"""The SQL of `bare.py`: what the portal asks and tells the database for the calls of the bench, written by hand."""

STANDING = """
SELECT h.role, u.email FROM sharing_tenantuser h JOIN sharing_user u ON u.id = h.user_id
JOIN sharing_applicationcredential c ON c.holder_id = h.id
WHERE NOT EXISTS (SELECT 1 FROM sharing_revokedtoken r WHERE r.id = %s)
AND h.user_id = %s AND h.tenant_id = %s AND u.is_active AND c.id = %s
"""
CREDENTIAL = """
SELECT c.id, c.name, c.role, c.secret_hash, c.expires_at, h.user_id, h.tenant_id, u.email, t.name AS tenant
FROM sharing_applicationcredential c JOIN sharing_tenantuser h ON h.id = c.holder_id
JOIN sharing_user u ON u.id = h.user_id JOIN sharing_tenant t ON t.id = h.tenant_id
WHERE c.id = %s AND u.is_active
"""
PARTY = """
SELECT id, name, owner_id FROM sharing_image i WHERE id = %s AND (owner_id = %s OR visibility = 'shared'
AND EXISTS (SELECT 1 FROM sharing_membership m WHERE m.image_id = i.id AND m.member_id = %s))
"""
LOCK = """
SELECT id, name, owner_id, visibility, on_hold FROM sharing_image WHERE id = %s FOR NO KEY UPDATE
"""
INSERT = """
INSERT INTO sharing_membership (image_id, member_id, status, note, offered_by, created_at, answered_by, answered_at,
owner_id, image_created_at, image_size, image_words)
SELECT i.id, o.member_id, 'pending', '', o.by, o.at, '', NULL, i.owner_id, i.created_at, i.size, i.words
FROM (VALUES (%s::uuid, %s, %s, %s::timestamptz)) AS o (image_id, member_id, by, at)
JOIN sharing_image i ON i.id = o.image_id ON CONFLICT DO NOTHING
RETURNING id, image_id, member_id, status, created_at, answered_at
"""
COUNT = """
SELECT count(*) FROM (SELECT 1 FROM sharing_membership WHERE image_id = %s LIMIT %s) AS members
"""
EVENT = """
INSERT INTO sharing_event
(at, verb, image_id, image_name, owner_id, member_id, offer_id, actor, actor_tenant_id, note)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, '') RETURNING id
"""
MEMBER = """
SELECT id, image_id, member_id, status, created_at, answered_at
FROM sharing_membership WHERE image_id = %s AND member_id = %s
"""
ANSWER = """
UPDATE sharing_membership SET status = %s, answered_by = %s, answered_at = %s
WHERE image_id = %s AND member_id = %s AND status <> %s
RETURNING id, image_id, member_id, status, created_at, answered_at
"""
MEMBERS = """
SELECT member_id, status, created_at, answered_at
FROM sharing_membership WHERE image_id = %s ORDER BY id
"""
LISTED = """
(SELECT id, owner_id, name, status, visibility, disk_format, container_format, size, virtual_size, checksum,
os_hash_algo, os_hash_value, min_disk, min_ram, protected, os_hidden, properties, created_at, updated_at, on_hold
FROM sharing_image WHERE owner_id = %s AND NOT os_hidden ORDER BY created_at DESC, id DESC LIMIT %s) UNION ALL
(SELECT i.id, i.owner_id, i.name, i.status, i.visibility, disk_format, container_format, size, virtual_size, checksum,
os_hash_algo, os_hash_value, min_disk, min_ram, protected, os_hidden, properties, i.created_at, updated_at, on_hold
FROM sharing_image i JOIN sharing_membership m ON m.image_id = i.id
WHERE i.visibility = 'shared' AND m.member_id = %s AND m.status = 'accepted' AND NOT i.os_hidden
ORDER BY m.image_created_at DESC, m.image_id DESC LIMIT %s)
ORDER BY created_at DESC, id DESC LIMIT %s
"""
TAGS = "SELECT image_id, name FROM sharing_imagetag WHERE image_id = ANY(%s) ORDER BY name"
