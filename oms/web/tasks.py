"""(desk being built)"""

from flask import Blueprint

blueprint = Blueprint("tasks", __name__)
