"""(desk being built)"""

from flask import Blueprint

blueprint = Blueprint("search", __name__)
