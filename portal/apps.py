from django.contrib.admin.apps import AdminConfig


class ProfferAdminConfig(AdminConfig):
    default_site = "sharing.admin.OperatorSite"
