"""The handshake between two tenants with openstacksdk: offered by the producer, accepted by the consumer.

Needs two clouds in clouds.yaml, `producer` and `consumer`, each with an application credential of its tenant.
"""

import openstack

producer = openstack.connect(cloud="producer").image
consumer = openstack.connect(cloud="consumer").image
# The consumer tells the producer its tenant ID; there is no other way to find it.
tenant_id = consumer.session.get_project_id()

image = producer.create_image(
    "Debian 12", disk_format="raw", container_format="bare", data=b"a disk".ljust(4096, b"\0")
)
producer.add_member(image, member_id=tenant_id)

offered = next(each for each in consumer.images(member_status="pending") if each.id == image.id)
print(f"{offered.name} is offered by {offered.owner}.")
consumer.update_member(tenant_id, offered, status="accepted")
print("The consumer's images:", [each.name for each in consumer.images()])

for member in producer.members(image):
    print(f"{member.member_id}: {member.status}")
producer.delete_image(image)
