"""(desk being built)"""

from flask import Blueprint

blueprint = Blueprint("scanning_desk", __name__)
