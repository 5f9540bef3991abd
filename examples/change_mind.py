"""A consumer that rejected an offer changes its mind: OS_CLOUD=consumer python change_mind.py IMAGE accepted|pending

`openstack image set --accept` looks the image up first, and what a member rejected it can no longer see. Its own
membership it can still change, by the image's ID.
"""

import sys

import openstack

if len(sys.argv) != 3:
    sys.exit("usage: change_mind.py IMAGE_ID accepted|pending|rejected")
image_id, status = sys.argv[1:]
images = openstack.connect().image
tenant_id = images.session.get_project_id()

rejected = {image.id: image for image in images.images(member_status="rejected")}
if image_id not in rejected:
    sys.exit("You rejected no such offer; it may have been withdrawn or pruned meanwhile.")
member = images.update_member(tenant_id, image_id, status=status)
print(f"{rejected[image_id].name}: {member.status}")
