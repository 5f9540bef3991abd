from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

# Operators sign in where everybody does, behind the same rate limits.
admin.site.login = secure_admin_login(admin.site.login)

urlpatterns = [
    path("accounts/", include("portal.account_urls")),
    path("admin/", admin.site.urls),
    path("", include("sharing.urls")),
]
