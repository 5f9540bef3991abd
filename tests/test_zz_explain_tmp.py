import os
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from sharing.imagedata.quota import usage
from sharing.models import *
from tests.factories import *

@pytest.mark.django_db
def test_explain(settings):
    ts=[TenantFactory() for _ in range(20)]
    from sharing.models.image import new_image_id
    Image.objects.bulk_create([Image(owner=ts[i%20],name="x"*30,status="active",data="ab/x%d"%i if i%3 else "",size=1000,checksum="a"*32,os_hash_value="b"*128) for i in range(20000)])
    with connection.cursor() as c: c.execute("VACUUM ANALYZE sharing_image" if connection.vendor=="postgresql" and False else "ANALYZE")
    with CaptureQueriesContext(connection) as q: print(usage(ts[0]))
    for s in q:
        print(s["sql"][:300], s["time"])
    for qs in (Image.objects.owned_by(ts[0].pk).stored(), ):
        from django.db.models import Sum
        with connection.cursor() as c:
            sql,params=qs.values("size").query.sql_with_params()
            c.execute(("EXPLAIN QUERY PLAN " if connection.vendor=="sqlite" else "EXPLAIN (ANALYZE,BUFFERS) ")+sql.replace('SELECT "sharing_image"."size" AS "size"','SELECT SUM("sharing_image"."size")'),params); print(*c.fetchall(),sep="\n")
    with connection.cursor() as c:
        sql,params=Image.objects.owned_by(ts[0].pk)[:1001].values("pk").query.sql_with_params()
        c.execute(("EXPLAIN QUERY PLAN " if connection.vendor=="sqlite" else "EXPLAIN (ANALYZE,BUFFERS) ")+"SELECT count(*) from ("+sql+") x",params); print(*c.fetchall(),sep="\n")
    with connection.cursor() as c:
        sql,params=Upload.objects.of_owner(ts[0].pk).values("length").query.sql_with_params()
        c.execute(("EXPLAIN QUERY PLAN " if connection.vendor=="sqlite" else "EXPLAIN (ANALYZE,BUFFERS) ")+sql,params); print(*c.fetchall(),sep="\n")
